//! How many messages wait, as the broker says.

use std::{convert::Infallible, sync::Arc, time::Duration};

use audit_core::publish::ConnectError;
use lapin::{Connection, options::QueueDeclareOptions, types::FieldTable};
use metrics::Gauge;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::debug;

use crate::{Settings, writer::Writer};

const EVERY: Duration = Duration::from_secs(15);
/// Until then, they are being declared.
const FIRST: Duration = Duration::from_secs(1);

/// Asks for the length of every queue from time to time, for as long as it is polled.
pub(crate) async fn watch(
    connection: &Connection,
    settings: &Settings,
    domains: &[Arc<Writer>],
) -> Infallible {
    let mut ticks = interval_at(Instant::now() + FIRST, EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let _unknown_afterwards = Unknown(domains);
    loop {
        ticks.tick().await;
        for writer in domains {
            let (domain, metrics) = (writer.log().domain(), writer.metrics());
            let topology = &settings.topology;
            let queues = [
                (topology.queue(domain), &metrics.queue_messages),
                (topology.dead_letter_queue(domain), &metrics.dead_letter_queue_messages),
            ];
            for (queue, gauge) in queues {
                let counted = settings.broker.in_time(count(connection, &queue)).await;
                tell(gauge, counted, &queue);
            }
        }
    }
}

fn tell(gauge: &Gauge, counted: Result<u32, ConnectError>, queue: &str) {
    match counted {
        Ok(count) => gauge.set(count),
        // It may be on its way: whoever consumes it says so if it is not.
        Err(error) => {
            debug!(%error, "the messages of {queue} can't be counted");
            gauge.set(f64::NAN);
        }
    }
}

/// A channel for each: the broker closes it when there is no such queue.
async fn count(connection: &Connection, queue: &str) -> lapin::Result<u32> {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let channel = connection.create_channel().await?;
    let count = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?.message_count();
    channel.close(200, "counted".into()).await?;
    Ok(count)
}

/// Without a connection nobody knows how many messages wait.
struct Unknown<'a>(&'a [Arc<Writer>]);

impl Drop for Unknown<'_> {
    fn drop(&mut self) {
        for writer in self.0 {
            let metrics = writer.metrics();
            metrics.queue_messages.set(f64::NAN);
            metrics.dead_letter_queue_messages.set(f64::NAN);
        }
    }
}
