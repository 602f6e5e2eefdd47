//! What the user may do on the broker, found out by requests that can't succeed.
//!
//! The broker checks the permission first, and then refuses the request for its content. So nothing is declared,
//! consumed or published, and the refusal tells whether it would have been allowed.

use lapin::{
    BasicProperties, Connection, ErrorKind, ExchangeKind,
    options::{
        BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions,
        QueueDeclareOptions,
    },
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable},
};

/// Probes on one connection. Each has a channel of its own, as the broker closes it.
pub(super) struct Probe<'a>(pub(super) &'a Connection);

/// Whether a request would be allowed.
pub(super) enum Permission {
    Granted,
    /// The broker's reason.
    Refused(String),
}

impl Probe<'_> {
    pub(super) async fn exchange_exists(&self, name: &str) -> lapin::Result<bool> {
        let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let channel = self.0.create_channel().await?;
        let found =
            channel.exchange_declare(name.into(), ExchangeKind::Topic, passive, FieldTable::default());
        match found.await {
            Err(error) if soft_error(&error) == Some(&AMQPSoftError::NOTFOUND) => Ok(false),
            found => {
                found?;
                channel.close(200, "checked".into()).await?;
                Ok(true)
            }
        }
    }

    /// For an exchange that does not exist: its alternate exchange is no name.
    pub(super) async fn may_declare_exchange(&self, name: &str) -> lapin::Result<Permission> {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let impossible = argument("alternate-exchange", AMQPValue::LongInt(0));
        let channel = self.0.create_channel().await?;
        permission(channel.exchange_declare(name.into(), ExchangeKind::Topic, options, impossible).await)
    }

    /// For a queue that does not exist: it could hold less than nothing.
    pub(super) async fn may_declare_queue(
        &self,
        name: &str,
        mut arguments: FieldTable,
    ) -> lapin::Result<Permission> {
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        arguments.insert("x-max-length".into(), AMQPValue::LongInt(-1));
        let channel = self.0.create_channel().await?;
        permission(channel.queue_declare(name.into(), options, arguments).await.map(drop))
    }

    /// A consumer whose priority is no number.
    pub(super) async fn may_consume(&self, queue: &str) -> lapin::Result<Permission> {
        let impossible = argument("x-priority", AMQPValue::LongString("none".into()));
        let channel = self.0.create_channel().await?;
        let consumer =
            channel.basic_consume(queue.into(), "".into(), BasicConsumeOptions::default(), impossible);
        permission(consumer.await.map(drop))
    }

    /// A message that expires at no time.
    pub(super) async fn may_publish(&self, exchange: &str) -> lapin::Result<Permission> {
        let impossible = BasicProperties::default().with_expiration("never".into());
        let channel = self.0.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let publishing = channel.basic_publish(
            exchange.into(),
            "".into(),
            BasicPublishOptions::default(),
            b"",
            impossible,
        );
        let outcome = match publishing.await {
            Ok(confirm) => confirm.await.map(drop),
            Err(error) => Err(error),
        };
        permission(outcome)
    }
}

fn argument(name: &str, value: AMQPValue) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert(name.into(), value);
    arguments
}

fn permission(outcome: lapin::Result<()>) -> lapin::Result<Permission> {
    /// Part of the refusal where the virtual host would make a stream of the queue.
    const STREAM: &str = "rabbit_stream_queue";
    let Err(error) = outcome else { return Ok(Permission::Granted) };
    let reason = error.to_string();
    match soft_error(&error) {
        Some(AMQPSoftError::PRECONDITIONFAILED) if reason.contains(STREAM) => {
            Ok(Permission::Refused("the virtual host makes streams of new queues".to_owned()))
        }
        Some(AMQPSoftError::PRECONDITIONFAILED) => Ok(Permission::Granted),
        Some(AMQPSoftError::ACCESSREFUSED) => Ok(Permission::Refused(reason)),
        _ => Err(error),
    }
}

fn soft_error(error: &lapin::Error) -> Option<&AMQPSoftError> {
    match error.kind() {
        ErrorKind::ProtocolError(refusal) => match refusal.kind() {
            AMQPErrorKind::Soft(soft) => Some(soft),
            AMQPErrorKind::Hard(_) => None,
        },
        _ => None,
    }
}
