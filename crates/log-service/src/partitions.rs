//! The partitions of this and the next months on PostgreSQL.

use std::time::Duration;

use audit_core::store::{MonthsAhead, Table};
use audit_store::Store;
use chrono::{DateTime, Utc};
use metrics::{Unit, describe_gauge, gauge};
use tokio::time::sleep;
use tracing::warn;

/// Partitions are made months ahead, so one failure matters little.
const INTERVAL: Duration = Duration::from_hours(1);

const UNTIL: &str = "log_service_partitions_until_timestamp_seconds";

/// Makes the partitions of the log tables ahead of time. A metric shows until when they exist.
pub struct Partitions<'s> {
    store: &'s Store,
    tables: Vec<Table>,
    months_ahead: MonthsAhead,
}

impl<'s> Partitions<'s> {
    /// Nothing is made yet.
    pub fn new(store: &'s Store, tables: Vec<Table>, months_ahead: MonthsAhead) -> Self {
        let meaning = "Until when partitions were made ahead, as seconds since 1970; PostgreSQL only.";
        describe_gauge!(UNTIL, Unit::Seconds, meaning);
        Self { store, tables, months_ahead }
    }

    /// Makes the partitions of this and the next months. Those that can't be made now are made when an event needs them.
    pub async fn prepare(&self) {
        let tables: Vec<_> = self.tables.iter().collect();
        match self.store.ensure_partitions_ahead(&tables, self.months_ahead).await {
            Ok(None) => {}
            Ok(Some(until)) => set(until),
            Err(error) => {
                // 0, which is long ago, for as long as it has never worked.
                gauge!(UNTIL).increment(0);
                warn!(%error, "the partitions of the next months can't be made: the next try is in an hour");
            }
        }
    }

    /// Makes them again and again, as months go by. Never returns.
    pub async fn keep_prepared(&self) {
        loop {
            sleep(INTERVAL).await;
            self.prepare().await;
        }
    }
}

fn set(until: DateTime<Utc>) {
    gauge!(UNTIL).set((until - DateTime::UNIX_EPOCH).to_std().unwrap_or_default());
}
