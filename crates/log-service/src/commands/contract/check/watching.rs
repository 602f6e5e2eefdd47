use std::{io, time::Duration};

use audit_core::publish::{Broker, ConnectError, Message};
use futures::StreamExt;
use lapin::{
    Channel, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use super::{report::Report, verdict::Judge};
use crate::{
    cli::CheckArgs,
    commands::{CommandResult, reading::note},
    config::Config,
    shutdown::Signals,
};

/// So many messages are on their way to the watcher.
const PREFETCH: u16 = 500;
/// So many wait for a watcher that is slow. Then the oldest go: a watch must not fill the broker's memory.
const MOST_WAITING: i64 = 100_000;

/// Why a watch ended before it should.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("the broker ended the watch")]
    Ended,
    #[error("the watch was lost: {0}")]
    Lost(#[from] lapin::Error),
}

/// Checks the messages that pass the exchange. They are copies, in a queue of the watcher's own.
pub(in crate::commands::contract) async fn watch(config: &Config, args: &CheckArgs) -> CommandResult {
    let mut signals = Signals::listen()?;
    let (broker, exchange) = (config.broker(), config.topology().exchange());
    let connection = broker.connect().await?;
    let channel = broker.with_timeout(connection.create_channel()).await?;
    let consumer = copies(&broker, &channel, &exchange, &keys(args)).await?;
    note(&format!("watching {exchange} at {}; Ctrl-C ends it", broker.address()));

    let (judge, mut report) = (Judge::new(config), Report::new(args));
    let outcome = tokio::select! {
        outcome = check(consumer, &judge, &mut report, args.limit) => outcome,
        () = end_of_time(args.seconds) => Ok(()),
        _ = signals.next() => Ok(()),
    };
    // With the connection, the broker deletes the queue.
    let _ = broker.with_timeout(connection.close(200, "watched enough".into())).await;
    let status = report.end();
    outcome?;
    Ok(status)
}

/// What the watcher's queue is bound by.
fn keys(args: &CheckArgs) -> Vec<String> {
    if args.domain.is_empty() {
        return vec!["#".to_owned()];
    }
    args.domain.iter().map(|domain| domain.routing_key()).collect()
}

/// Makes a queue that gets copies, and ends with the connection.
async fn copies(
    broker: &Broker,
    channel: &Channel,
    exchange: &str,
    keys: &[String],
) -> Result<Consumer, ConnectError> {
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MOST_WAITING));
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

/// Says what becomes of each message, until there were enough or nobody reads it.
async fn check(
    mut consumer: Consumer,
    judge: &Judge,
    report: &mut Report,
    limit: Option<u64>,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    while limit.is_none_or(|limit| report.seen() < limit) {
        let delivery = consumer.next().await.ok_or(WatchError::Ended)?.map_err(WatchError::Lost)?;
        let acker = delivery.acker.clone();
        let message = message(delivery);
        let said = report.verdict(&message.routing_key, &judge.judge(&message), &mut out)?;
        acker.ack(BasicAckOptions::default()).await.map_err(WatchError::Lost)?;
        if said.is_break() {
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
