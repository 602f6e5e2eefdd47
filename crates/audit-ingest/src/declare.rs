use audit_core::{Domain, Topology};
use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable},
};
use tracing::{debug, warn};

use crate::QueueType;

/// As good as without a limit: only log-service decides what is a dead letter. RabbitMQ 4 would give up on a
/// message of a quorum queue after 20 deliveries, and counts each lost connection as one.
const MOST_DELIVERIES: i32 = 1_000_000;

/// Whether queues of others are warned of: once is enough, not at each new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarnOfOthers {
    Yes,
    No,
}

/// What became of a domain's declarations.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Declared {
    /// Both queues are there.
    All,
    /// This queue is not: the virtual host makes streams of new queues.
    WouldBeStream(String),
}

/// Declares a domain's exchange, queue and dead-letter queue, as the original does.
///
/// The dead-letter queue comes after the queue, which tells whether new queues become streams, and before its binding:
/// no event arrives earlier.
pub(crate) async fn declare(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
    warn: WarnOfOthers,
) -> lapin::Result<Declared> {
    let mut arguments = queue_arguments(queue_type);
    let mut text = |name: &str, value: String| {
        arguments.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    text("x-dead-letter-exchange", topology.dead_letter_exchange());
    text("x-dead-letter-routing-key", domain.dead_letter_routing_key());
    if queue_type == QueueType::Quorum {
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(MOST_DELIVERIES));
    }
    let declaring = Declaring { connection, warn };
    declaring.exchange(&topology.exchange()).await?;
    let queue = topology.queue(domain);
    match declaring.queue(&queue, arguments).await {
        Err(error) if is_of_stream(&error) => {
            for queue in [queue.clone(), topology.dead_letter_queue(domain)] {
                if !declaring.is_there(&queue).await? {
                    return Ok(Declared::WouldBeStream(queue));
                }
            }
        }
        outcome => outcome?,
    }
    declare_dead_letters(connection, topology, domain, queue_type, warn).await?;
    declaring.binding(&topology.exchange(), &queue, &domain.routing_key()).await?;
    Ok(Declared::All)
}

/// Declares where a domain's dead letters go.
pub(crate) async fn declare_dead_letters(
    connection: &Connection,
    topology: &Topology,
    domain: Domain,
    queue_type: QueueType,
    warn: WarnOfOthers,
) -> lapin::Result<()> {
    let (exchange, queue) = (topology.dead_letter_exchange(), topology.dead_letter_queue(domain));
    let declaring = Declaring { connection, warn };
    declaring.exchange(&exchange).await?;
    declaring.queue(&queue, queue_arguments(queue_type)).await?;
    declaring.binding(&exchange, &queue, &domain.dead_letter_routing_key()).await
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

/// Declares one thing after the other. What others declared with other arguments is used as it is. Each has a
/// channel of its own, as the broker closes the channel when it refuses a declaration.
struct Declaring<'a> {
    connection: &'a Connection,
    warn: WarnOfOthers,
}

impl Declaring<'_> {
    async fn exchange(&self, exchange: &str) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let none = FieldTable::default();
        let channel = self.connection.create_channel().await?;
        let declared = channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, none).await;
        self.use_as_it_is("exchange", exchange, declared)?;
        close(&channel).await
    }

    async fn queue(&self, queue: &str, arguments: FieldTable) -> lapin::Result<()> {
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        let channel = self.connection.create_channel().await?;
        let declared = channel.queue_declare(queue.into(), durable, arguments).await;
        self.use_as_it_is("queue", queue, declared.map(drop))?;
        close(&channel).await
    }

    async fn is_there(&self, queue: &str) -> lapin::Result<bool> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let channel = self.connection.create_channel().await?;
        match channel.queue_declare(queue.into(), passive, FieldTable::default()).await {
            Err(error) if is_refusal(&error, &AMQPSoftError::NOTFOUND) => Ok(false),
            found => {
                found?;
                close(&channel).await?;
                Ok(true)
            }
        }
    }

    async fn binding(&self, exchange: &str, queue: &str, key: &str) -> lapin::Result<()> {
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        let channel = self.connection.create_channel().await?;
        let bound = channel.queue_bind(queue.into(), exchange.into(), key.into(), options, none).await;
        self.use_as_it_is("binding", key, bound)?;
        close(&channel).await
    }

    /// 406 means that it exists with other arguments; 403, that this user may not declare it: if it is not there
    /// either, consuming it will say so.
    fn use_as_it_is(&self, kind: &str, name: &str, declared: lapin::Result<()>) -> lapin::Result<()> {
        let Err(error) = declared else { return Ok(()) };
        if is_of_stream(&error) {
            return Err(error);
        }
        let ErrorKind::ProtocolError(refusal) = error.kind() else { return Err(error) };
        let what = match refusal.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => "exists with other arguments",
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => "may not be declared by this user",
            _ => return Err(error),
        };
        let reason = refusal.get_message();
        match self.warn {
            WarnOfOthers::Yes => warn!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
            WarnOfOthers::No => debug!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
        }
        Ok(())
    }
}

/// Whether the broker would make a stream of the queue, by the default of the virtual host, but finds an argument that
/// no stream has: where its messages are dead-lettered. It does not say whether the queue is there.
fn is_of_stream(error: &lapin::Error) -> bool {
    is_refusal(error, &AMQPSoftError::PRECONDITIONFAILED) && error.to_string().contains("rabbit_stream_queue")
}

fn is_refusal(error: &lapin::Error, reason: &AMQPSoftError) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    matches!(refusal.kind(), AMQPErrorKind::Soft(soft) if soft == reason)
}

/// The broker closed the channel itself if it refused the declaration.
async fn close(channel: &Channel) -> lapin::Result<()> {
    if channel.status().connected() { channel.close(200, "declared".into()).await } else { Ok(()) }
}
