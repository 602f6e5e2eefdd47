use audit_core::{Domain, Topology};
use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable},
};
use tracing::warn;

use crate::QueueType;

/// Declares a domain's exchange, queue and dead-letter queue, as the original does.
///
/// A queue that others declared with other arguments is used as it is, with a warning. Each declaration has
/// a channel of its own, as the broker closes the channel when it refuses one.
pub(crate) async fn declare(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
) -> lapin::Result<()> {
    declare_dead_letters(connection, topology, domain, queue_type).await?;
    declare_exchange(connection, &topology.exchange()).await?;
    let mut arguments = queue_arguments(queue_type);
    arguments.insert(
        "x-dead-letter-exchange".into(),
        AMQPValue::LongString(topology.dead_letter_exchange().into()),
    );
    arguments.insert(
        "x-dead-letter-routing-key".into(),
        AMQPValue::LongString(domain.dead_letter_routing_key().into()),
    );
    let queue = topology.queue(domain);
    declare_queue(connection, &queue, arguments).await?;
    bind(connection, &topology.exchange(), &queue, &domain.routing_key()).await
}

/// Declares where a domain's dead letters go.
pub(crate) async fn declare_dead_letters(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
) -> lapin::Result<()> {
    let exchange = topology.dead_letter_exchange();
    declare_exchange(connection, &exchange).await?;
    let queue = topology.dead_letter_queue(domain);
    declare_queue(connection, &queue, queue_arguments(queue_type)).await?;
    bind(connection, &exchange, &queue, &domain.dead_letter_routing_key()).await
}

fn queue_arguments(queue_type: QueueType) -> FieldTable {
    let mut arguments = FieldTable::default();
    match queue_type {
        // The argument is left out: a queue that was declared without it counts as different.
        QueueType::Classic => {}
        QueueType::Quorum => {
            arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        }
    }
    arguments
}

async fn declare_exchange(connection: &Connection, exchange: &str) -> lapin::Result<()> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let channel = connection.create_channel().await?;
    let declared =
        channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, FieldTable::default());
    use_as_it_is("exchange", exchange, declared.await)?;
    close(&channel).await
}

async fn declare_queue(connection: &Connection, queue: &str, arguments: FieldTable) -> lapin::Result<()> {
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let channel = connection.create_channel().await?;
    let declared = channel.queue_declare(queue.into(), durable, arguments).await;
    use_as_it_is("queue", queue, declared.map(drop))?;
    close(&channel).await
}

async fn bind(connection: &Connection, exchange: &str, queue: &str, key: &str) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default()).await?;
    close(&channel).await
}

/// The broker closed the channel itself if it refused the declaration.
async fn close(channel: &Channel) -> lapin::Result<()> {
    if channel.status().connected() { channel.close(200, "declared".into()).await } else { Ok(()) }
}

/// 406 means that it exists with other arguments; 403, that it exists and we may not declare it or that
/// it does not and consuming it will say so.
fn use_as_it_is(kind: &str, name: &str, declared: lapin::Result<()>) -> lapin::Result<()> {
    let Err(error) = declared else { return Ok(()) };
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return Err(error) };
    let what = match refusal.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => "exists with other arguments",
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => "may not be declared by this user",
        _ => return Err(error),
    };
    warn!(kind, name, reason = %refusal.get_message(), "the {kind} `{name}` {what}: it is used as it is");
    Ok(())
}
