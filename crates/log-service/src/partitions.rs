//! The partitions of this and the next months on PostgreSQL.

use std::time::Duration;

use audit_core::store::{MonthsAhead, Table};
use audit_ingest::Store;
use tokio::time::sleep;
use tracing::warn;

/// Partitions are made months ahead, so one failure matters little.
const INTERVAL: Duration = Duration::from_hours(1);

/// Makes the partitions of the log tables ahead of time.
pub struct Partitions<'s> {
    store: &'s Store,
    tables: Vec<Table>,
    months_ahead: MonthsAhead,
}

impl<'s> Partitions<'s> {
    /// Nothing is made yet.
    pub fn new(store: &'s Store, tables: Vec<Table>, months_ahead: MonthsAhead) -> Self {
        Self { store, tables, months_ahead }
    }

    /// Makes the partitions of this and the next months. Those that can't be made now are made when an event needs them.
    pub async fn prepare(&self) {
        let tables: Vec<_> = self.tables.iter().collect();
        if let Err(error) = self.store.prepare_months(&tables, self.months_ahead).await {
            warn!(%error, "the partitions of the next months can't be made: the next try is in an hour");
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
