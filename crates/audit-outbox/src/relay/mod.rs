//! From the outbox to the broker.

mod drain;
mod error;
mod publish;
mod rejected;

use std::{pin::pin, time::Duration};

use audit_core::{
    Topology,
    publish::{Backoff, Broker, ConfirmedChannel},
};
use sea_orm::DatabaseConnection;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{
    drain::{Drain, is_empty},
    error::RelayError,
    publish::Waves,
    rejected::Rejected,
};

/// The longest delay between two attempts while something is away.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Publishes what is in the outbox, and removes it when the broker has confirmed it.
///
/// The crate's documentation says what it promises.
#[derive(Debug)]
pub struct Relay {
    db: DatabaseConnection,
    broker: Broker,
    topology: Topology,
    settings: RelaySettings,
    nudged: Notify,
}

/// How the outbox is relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelaySettings {
    /// The most events that are taken out at once, 10,000 at most. So many are in memory, and may come twice after a
    /// crash.
    pub batch: u64,
    /// How long an empty outbox is left alone, unless [`Relay::nudge`] is called.
    pub interval: Duration,
    /// How long a statement may take.
    pub database_timeout: Duration,
}

impl Default for RelaySettings {
    /// 500 events; 1 second; 10 seconds.
    fn default() -> Self {
        Self { batch: 500, interval: Duration::from_secs(1), database_timeout: Duration::from_secs(10) }
    }
}

impl Relay {
    /// A relay from the outbox in `db` to the exchange of `topology`. It does nothing until it is run.
    #[must_use]
    pub fn new(db: DatabaseConnection, broker: Broker, topology: Topology, settings: RelaySettings) -> Self {
        Self { db, broker, topology, settings, nudged: Notify::new() }
    }

    /// Something was committed: the outbox is drained now rather than after the interval. Never needed, and cheap.
    pub fn nudge(&self) {
        self.nudged.notify_one();
    }

    /// Relays until `stop` completes; then the batch that is under way is finished. While broker or database is away
    /// it is tried again, at intervals that grow up to 5 seconds; that is logged when it begins and when it ends.
    ///
    /// Dropping it instead loses nothing either, but some events may come twice.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let stopping = CancellationToken::new();
        let mut work = pin!(self.work(&stopping));
        tokio::select! {
            () = &mut work => {}
            () = stop => {
                stopping.cancel();
                work.await;
            }
        }
    }

    async fn work(&self, stopping: &CancellationToken) {
        let mut channel = None;
        let mut backoff = Backoff::up_to(MAX_DELAY);
        let mut is_held_up = false;
        while !stopping.is_cancelled() {
            let outcome = self.drain(&mut channel, stopping).await;
            if let Err(error) = &outcome {
                if error.is_of_connection() {
                    close(channel.take()).await;
                }
                if !is_held_up {
                    warn!(%error, "events wait in the outbox: trying again until they are published");
                }
            } else if is_held_up {
                info!("the outbox is published again");
            }
            is_held_up = outcome.is_err();
            if is_held_up {
                stopping.run_until_cancelled(sleep(backoff.next_delay())).await;
            } else {
                backoff = Backoff::up_to(MAX_DELAY);
                // Either is a reason to drain it again.
                let nudge_or_interval = timeout(self.settings.interval, self.nudged.notified());
                let _ = stopping.run_until_cancelled(nudge_or_interval).await;
            }
        }
        close(channel).await;
    }

    async fn drain(
        &self,
        channel: &mut Option<ConfirmedChannel>,
        stopping: &CancellationToken,
    ) -> Result<(), RelayError> {
        if is_empty(&self.db, &self.settings).await? {
            return Ok(());
        }
        let channel = match channel {
            Some(channel) => channel,
            None => channel.insert(ConfirmedChannel::open(&self.broker).await?),
        };
        let waves = Waves { topology: &self.topology, app_id: &self.broker.connection_name };
        let (db, settings, rejected) = (&self.db, &self.settings, Rejected::default());
        Drain { db, settings, waves, channel, rejected }.run(stopping).await
    }
}

async fn close(channel: Option<ConfirmedChannel>) {
    if let Some(channel) = channel {
        channel.close().await;
    }
}
