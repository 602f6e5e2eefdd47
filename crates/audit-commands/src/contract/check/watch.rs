use std::{io, time::Duration};

use audit_config::Config;
use audit_core::{
    Domain,
    publish::{Broker, ConnectError, Message},
};
use futures::StreamExt;
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use super::{checker::Checker, report::Report};
use crate::{exit::CommandResult, signals::Signals, terminal::note};

/// What is watched, and for how long.
pub(super) struct Watch {
    /// The domains whose messages are checked; none means all messages.
    pub(super) domains: Vec<Domain>,
    /// The end by time.
    pub(super) seconds: Option<u32>,
    /// The end by number of messages.
    pub(super) limit: Option<u64>,
}

/// The number of messages that are on their way to the watcher.
const PREFETCH: u16 = 500;
/// The most messages that wait for a slow watcher. The broker drops the oldest beyond that: a watch must not fill its
/// memory.
const MAX_PENDING: i64 = 100_000;

/// Why a watch ended early.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("the broker ended the watch")]
    Ended,
    #[error("the watch was lost: {0}")]
    Lost(#[from] lapin::Error),
}

impl Watch {
    /// Checks the messages that pass the exchange. They are copies, in a queue of the watcher's own.
    pub(super) async fn run(&self, config: &Config, checker: &Checker, mut report: Report) -> CommandResult {
        let mut signals = Signals::listen()?;
        let (broker, exchange) = (config.broker(), config.topology().exchange());
        let connection = broker.connect().await?;
        let channel = broker.with_timeout(connection.create_channel()).await?;
        let consumer = consume_copies(&broker, &channel, &exchange, &self.binding_keys()).await?;
        note(&format!("watching {exchange} at {}; Ctrl-C ends it", broker.address()));

        let outcome = tokio::select! {
            outcome = check(consumer, checker, &mut report, self.limit) => outcome,
            () = end_of_time(self.seconds) => Ok(()),
            _ = signals.next() => Ok(()),
        };
        // With the connection, the broker deletes the queue.
        let _ = broker.with_timeout(connection.close(200, "watched enough".into())).await;
        let status = report.finish();
        outcome?;
        Ok(status)
    }

    fn binding_keys(&self) -> Vec<String> {
        if self.domains.is_empty() {
            return vec!["#".to_owned()];
        }
        self.domains.iter().map(|domain| domain.routing_key()).collect()
    }
}

/// Declares a queue that gets copies and ends with the connection, and consumes it.
async fn consume_copies(
    broker: &Broker,
    channel: &Channel,
    exchange: &str,
    keys: &[String],
) -> Result<Consumer, ConnectError> {
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MAX_PENDING));
    let queue = broker.with_timeout(channel.queue_declare("".into(), own, arguments)).await?;
    let name = queue.name().as_str();
    for key in keys {
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        broker
            .with_timeout(channel.queue_bind(
                name.into(),
                exchange.into(),
                key.as_str().into(),
                options,
                none,
            ))
            .await?;
    }
    broker.with_timeout(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    broker.with_timeout(channel.basic_consume(name.into(), "".into(), options, none)).await
}

/// Prints what would become of each message, until there were enough or nobody reads it.
async fn check(
    mut consumer: Consumer,
    checker: &Checker,
    report: &mut Report,
    limit: Option<u64>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    while limit.is_none_or(|limit| report.seen() < limit) {
        let delivery = consumer.next().await.ok_or(WatchError::Ended)?.map_err(WatchError::Lost)?;
        let acker = delivery.acker.clone();
        let message = message(delivery);
        let flow = report.print(&message.routing_key, &checker.check(&message), &mut out)?;
        acker.ack(BasicAckOptions::default()).await.map_err(WatchError::Lost)?;
        if flow.is_break() {
            break;
        }
    }
    Ok(())
}

fn message(delivery: Delivery) -> Message {
    Message {
        exchange: delivery.exchange.to_string(),
        routing_key: delivery.routing_key.to_string(),
        properties: delivery.properties,
        body: delivery.data,
    }
}

async fn end_of_time(seconds: Option<u32>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds.into())).await,
        None => std::future::pending().await,
    }
}
