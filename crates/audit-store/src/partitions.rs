//! Creates the partitions of months, on PostgreSQL.

use std::collections::BTreeSet;

use audit_core::store::{MonthsAhead, Table, sqlx_error};
use chrono::{DateTime, Months, NaiveDate, Utc};
use sea_orm::{SqlxError, sqlx};

use crate::{EnsuredPartitions, Store, StoreError, month_of, postgres::failed};

impl Store {
    /// Each partition is created in its own transaction, so the ones that succeeded stay.
    pub(super) async fn make_partitions(
        &self,
        table: &Table,
        months: &BTreeSet<NaiveDate>,
    ) -> EnsuredPartitions {
        let mut outcome = EnsuredPartitions::default();
        for month in months {
            match self.make_partition(table, *month).await {
                Ok(()) => {
                    outcome.made.insert(*month);
                }
                Err(error) => {
                    let is_busy = is_busy(&error);
                    outcome.failed = Some(error);
                    if is_busy {
                        break;
                    }
                }
            }
        }
        outcome
    }

    /// Creates partitions for this month and the next ones, and returns when the last one ends. A failure of one table does
    /// not prevent the others.
    pub(super) async fn make_partitions_ahead(
        &self,
        tables: &[&Table],
        ahead: MonthsAhead,
    ) -> Result<DateTime<Utc>, StoreError> {
        let now = Utc::now();
        let month = |more| month_of(now).checked_add_months(Months::new(more));
        let mut failed = None;
        for table in tables {
            for month in (0..=ahead.0).filter_map(month) {
                if let Err(error) = self.make_partition(table, month).await {
                    failed = Some(error);
                    break;
                }
            }
        }
        failed.map_or(Ok(ahead.end(now)), Err)
    }

    /// The migration defines the function, and describes how readers and writers can continue meanwhile.
    async fn make_partition(&self, table: &Table, month: NaiveDate) -> Result<(), StoreError> {
        let making = async {
            // It is never closed.
            let _turn = self.partition_lock.acquire().await;
            let ensure = sqlx::query("SELECT ensure_log_partition($1, $2)").bind(table.name).bind(month);
            ensure.execute(self.db.get_postgres_connection_pool()).await.map_err(failed)
        };
        self.with_timeout(making).await.map(drop)
    }
}

/// Whether the table is locked or the database too busy. Then the other months would fail as well.
fn is_busy(error: &StoreError) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    match error {
        StoreError::TimedOut(_) => true,
        StoreError::Refused(error) | StoreError::Unavailable(error) => match sqlx_error(error) {
            Some(SqlxError::Database(refusal)) => refusal.code().as_deref() == Some(LOCK_NOT_AVAILABLE),
            _ => false,
        },
    }
}
