use std::{convert::Infallible, time::Duration};

use audit_core::{Domain, publish::ConnectError};
use lapin::{Connection, options::QueueDeclareOptions, types::FieldTable};
use metrics::Gauge;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::debug;

use crate::{Settings, metrics::DomainMetrics};

const COUNT_INTERVAL: Duration = Duration::from_secs(15);
/// By then, the queues have been declared.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// Counts the messages that wait in the queues of all domains.
pub(crate) struct QueueLengths<'a> {
    connection: &'a Connection,
    settings: &'a Settings,
    domains: Vec<(Domain, &'a DomainMetrics)>,
}

impl<'a> QueueLengths<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        settings: &'a Settings,
        domains: Vec<(Domain, &'a DomainMetrics)>,
    ) -> Self {
        Self { connection, settings, domains }
    }

    /// Counts at intervals, for as long as it is polled.
    pub(crate) async fn watch(self) -> Infallible {
        let Settings { broker, topology, .. } = self.settings;
        let mut ticks = interval_at(Instant::now() + FIRST_DELAY, COUNT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            for &(domain, metrics) in &self.domains {
                let queues = [
                    (topology.queue(domain), &metrics.queue_messages),
                    (topology.dead_letter_queue(domain), &metrics.dead_letter_queue_messages),
                ];
                for (queue, gauge) in queues {
                    let counted = broker.with_timeout(count(self.connection, &queue)).await;
                    set(gauge, counted, &queue);
                }
            }
        }
    }
}

/// Without a connection, the numbers are unknown.
impl Drop for QueueLengths<'_> {
    fn drop(&mut self) {
        for (_, metrics) in &self.domains {
            metrics.queue_messages.set(f64::NAN);
            metrics.dead_letter_queue_messages.set(f64::NAN);
        }
    }
}

fn set(gauge: &Gauge, counted: Result<u32, ConnectError>, queue: &str) {
    match counted {
        Ok(count) => gauge.set(count),
        // It may still be declared. If not, its consumer reports that.
        Err(error) => {
            debug!(%error, "the messages of {queue} can't be counted");
            gauge.set(f64::NAN);
        }
    }
}

/// Uses its own channel: the broker closes it if the queue does not exist.
async fn count(connection: &Connection, queue: &str) -> lapin::Result<u32> {
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let channel = connection.create_channel().await?;
    let count = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?.message_count();
    channel.close(200, "counted".into()).await?;
    Ok(count)
}
