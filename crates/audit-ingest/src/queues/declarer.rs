use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable},
};
use tracing::{debug, warn};

use super::{
    existing::{ExistingExchange, ExistingQueue},
    inequivalent_argument::{CurrentValue, InequivalentArgument},
};

/// Queues have fewer arguments.
const MAX_DIFFERENCES: usize = 32;

/// Whether to warn of queues that others declared differently: once, not at each new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WarnOfDifferences {
    Yes,
    No,
}

/// Declares queues and exchanges. Those that others declared with other arguments are used as they are. Each declaration
/// has its own channel, because the broker closes the channel when it refuses one.
pub(super) struct Declarer<'a> {
    pub(super) connection: &'a Connection,
    pub(super) warn: WarnOfDifferences,
}

/// Why something was not declared.
enum Refusal {
    /// It exists, and differs.
    Differs(String),
    /// This user may not declare it. If it does not exist either, consuming it will fail.
    NotPermitted(String),
}

impl Declarer<'_> {
    /// Declares an exchange, and returns how it was declared if it exists.
    pub(super) async fn exchange(&self, name: &str) -> lapin::Result<ExistingExchange> {
        let mut exchange = ExistingExchange { kind: "topic".to_owned(), durable: true, internal: false };
        let mut differences = Vec::new();
        while differences.len() < MAX_DIFFERENCES {
            let options = ExchangeDeclareOptions {
                durable: exchange.durable,
                internal: exchange.internal,
                ..ExchangeDeclareOptions::default()
            };
            let (kind, none) = (ExchangeKind::Custom(exchange.kind.clone()), FieldTable::default());
            let channel = self.connection.create_channel().await?;
            let declared = channel.exchange_declare(name.into(), kind, options, none).await;
            let Some(refused) = refusal(declared)? else {
                close(&channel).await?;
                break;
            };
            let Some(argument) = self.inequivalent_argument("exchange", name, &refused) else { break };
            differences.push(argument.name.to_owned());
            match (argument.name, argument.current) {
                ("type", CurrentValue::Is(AMQPValue::LongString(kind))) => exchange.kind = kind.to_string(),
                ("durable", CurrentValue::Is(AMQPValue::Boolean(durable))) => exchange.durable = durable,
                ("internal", CurrentValue::Is(AMQPValue::Boolean(internal))) => exchange.internal = internal,
                // No other argument does harm.
                _ => break,
            }
        }
        self.log("exchange", name, &differences);
        Ok(exchange)
    }

    /// Declares a queue, and returns how it was declared if it exists. The broker names one difference at a time, so the
    /// queue is declared again with each difference until it is accepted. That fails on virtual hosts where new queues are
    /// streams.
    pub(super) async fn queue(
        &self,
        name: &str,
        arguments: FieldTable,
    ) -> lapin::Result<Option<ExistingQueue>> {
        let mut queue = ExistingQueue { durable: true, auto_delete: false, arguments };
        let mut differences = Vec::new();
        while differences.len() < MAX_DIFFERENCES {
            let options = QueueDeclareOptions {
                durable: queue.durable,
                auto_delete: queue.auto_delete,
                ..QueueDeclareOptions::default()
            };
            let channel = self.connection.create_channel().await?;
            let declared = channel.queue_declare(name.into(), options, queue.arguments.clone()).await;
            let Some(refused) = refusal(declared.map(drop))? else {
                close(&channel).await?;
                break;
            };
            if is_of_stream(&refused) {
                return Ok(None);
            }
            let Some(argument) = self.inequivalent_argument("queue", name, &refused) else { break };
            differences.push(argument.name.to_owned());
            if !queue.correct(argument) {
                break;
            }
        }
        self.log("queue", name, &differences);
        Ok(Some(queue))
    }

    pub(super) async fn exists(&self, queue: &str) -> lapin::Result<bool> {
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

    pub(super) async fn binding(&self, exchange: &str, queue: &str, key: &str) -> lapin::Result<()> {
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        let channel = self.connection.create_channel().await?;
        let bound = channel.queue_bind(queue.into(), exchange.into(), key.into(), options, none).await;
        match refusal(bound)? {
            None => close(&channel).await,
            Some(refused) => {
                self.inequivalent_argument("binding", key, &refused);
                Ok(())
            }
        }
    }

    /// The argument that differs, if the refusal names one.
    fn inequivalent_argument<'r>(
        &self,
        kind: &str,
        name: &str,
        refused: &'r Refusal,
    ) -> Option<InequivalentArgument<'r>> {
        let (what, reason) = match refused {
            Refusal::NotPermitted(reason) => ("may not be declared by this user", reason),
            Refusal::Differs(reason) => match InequivalentArgument::parse(reason) {
                Some(argument) => return Some(argument),
                None => ("exists with other arguments", reason),
            },
        };
        match self.warn {
            WarnOfDifferences::Yes => warn!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
            WarnOfDifferences::No => debug!(%reason, "the {kind} `{name}` {what}: it is used as it is"),
        }
        None
    }

    fn log(&self, kind: &str, name: &str, differences: &[String]) {
        let differences = differences.join(", ");
        match self.warn {
            _ if differences.is_empty() => {}
            WarnOfDifferences::Yes => {
                warn!(differences, "the {kind} `{name}` exists with other arguments: it is used as it is");
            }
            WarnOfDifferences::No => {
                debug!(differences, "the {kind} `{name}` exists with other arguments: it is used as it is");
            }
        }
    }
}

/// Whether the queue was refused because it would become a stream, the virtual host's default, and streams have no
/// dead-letter exchange. Whether the queue exists remains unknown.
fn is_of_stream(refused: &Refusal) -> bool {
    matches!(refused, Refusal::Differs(reason) if reason.contains("rabbit_stream_queue"))
}

fn is_refusal(error: &lapin::Error, reason: &AMQPSoftError) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    matches!(refusal.kind(), AMQPErrorKind::Soft(soft) if soft == reason)
}

/// The refusal, if this error is one. The broker has then closed the channel.
fn refusal(declared: lapin::Result<()>) -> lapin::Result<Option<Refusal>> {
    let Err(error) = declared else { return Ok(None) };
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return Err(error) };
    let reason = refusal.get_message().to_string();
    match refusal.kind() {
        AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED) => Ok(Some(Refusal::Differs(reason))),
        AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => Ok(Some(Refusal::NotPermitted(reason))),
        _ => Err(error),
    }
}

async fn close(channel: &Channel) -> lapin::Result<()> {
    channel.close(200, "declared".into()).await
}
