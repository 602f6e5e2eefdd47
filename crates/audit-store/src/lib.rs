#![doc = include_str!("../README.md")]

#[cfg(feature = "postgres")]
mod partitions;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{collections::BTreeSet, ops::Range, time::Duration};

use audit_core::store::{MonthsAhead, Row, Table, lacks_partition, sqlx_error};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, SqlxError};

/// Writes to the log tables of a database.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    timeout: Duration,
    /// Creating partitions may wait for locks, so it uses only one connection and leaves the others for storing.
    #[cfg(feature = "postgres")]
    partition_lock: std::sync::Arc<tokio::sync::Semaphore>,
}

/// The outcome of [`Store::insert`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inserted {
    /// How many were written.
    pub stored: u64,
    /// How many were already stored, with the same content.
    pub duplicates: u64,
    /// The indexes of rows that have the id of another event. That event stays.
    pub conflicts: Vec<usize>,
    /// The indexes of rows whose month has no partition yet. They were not processed.
    pub without_partition: Vec<usize>,
}

/// A month of UTC, by its first day.
#[must_use]
pub fn month_of(time: DateTime<Utc>) -> NaiveDate {
    let date = time.date_naive();
    date.with_day(1).unwrap_or(date)
}

/// How far apart the times of one event may be. It may be sent with nanoseconds, which are truncated here, and sent again
/// from a database that rounds them.
pub const TIME_TOLERANCE: TimeDelta = TimeDelta::microseconds(1);

/// The time range in which the id of an event of this month is unique: the month and the two adjacent ones.
///
/// It is limited because each month is a partition with its own key, in which the id has to be looked up.
#[must_use]
pub(crate) fn id_window(month: NaiveDate) -> Range<DateTime<Utc>> {
    let begin = |month: Option<NaiveDate>| month.map(|month| month.and_time(NaiveTime::MIN).and_utc());
    let start = begin(month.checked_sub_months(Months::new(1)));
    let end = begin(month.checked_add_months(Months::new(2)));
    start.unwrap_or(DateTime::<Utc>::MIN_UTC)..end.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The SQL condition that an event of a table named `stored` is in the range in which ids of this month are unique.
///
/// The times are part of the text, so that even a generic plan has only the partitions of three months.
#[must_use]
pub fn within_id_window(month: NaiveDate) -> String {
    let Range { start, end } = id_window(month);
    let [start, end] = [start, end].map(|time| time.to_rfc3339());
    format!("stored.occurred_at >= '{start}' AND stored.occurred_at < '{end}'")
}

/// The outcome of creating partitions.
#[derive(Debug, Default)]
pub struct EnsuredPartitions {
    /// The months whose partition exists now.
    pub made: BTreeSet<NaiveDate>,
    /// Why another one can't be created.
    pub failed: Option<StoreError>,
}

/// Why rows were not stored. The variant decides what happens next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The content of at least one row was refused. Retrying does not help.
    #[error("{0}")]
    Refused(#[source] DbErr),
    /// The database can't be reached, or can't store at the moment. The rows are held until it can.
    #[error("{0}")]
    Unavailable(#[source] DbErr),
    /// The database took too long. The rows are held; they may have been stored.
    #[error("the database did not answer within {0:?}")]
    TimedOut(Duration),
}

impl StoreError {
    /// Whether the same rows can be stored later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Unavailable(_) | Self::TimedOut(_) => true,
        }
    }
}

impl Store {
    /// Creates a store on a connection pool. No single step may take longer than `timeout`.
    #[must_use]
    pub fn new(db: DatabaseConnection, timeout: Duration) -> Self {
        Self {
            db,
            timeout,
            #[cfg(feature = "postgres")]
            partition_lock: std::sync::Arc::new(tokio::sync::Semaphore::new(1)),
        }
    }

    /// Stores rows of one table, and creates the partitions that they need. A row whose id is already stored, in its month
    /// or an adjacent one, is not stored again.
    pub async fn insert(&self, table: &Table, rows: &[Row]) -> Result<Inserted, StoreError> {
        let mut inserted = self.insert_into_existing_partitions(table, rows).await?;
        if inserted.without_partition.is_empty() {
            return Ok(inserted);
        }
        let places = std::mem::take(&mut inserted.without_partition);
        let rows: Vec<_> = places.iter().filter_map(|place| rows.get(*place)).cloned().collect();
        let months = rows.iter().map(|row| month_of(row.occurred_at)).collect();
        if let Some(error) = self.ensure_partitions(table, &months).await.failed {
            return Err(error);
        }
        let late = self.insert_into_existing_partitions(table, &rows).await?;
        inserted.add(late, &places);
        Ok(inserted)
    }

    /// Stores the rows of one table whose partition exists: on PostgreSQL with one statement for each month, on SQLite in
    /// one transaction.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "sqlite")),
        expect(unused_variables, reason = "without a driver there is nothing to store them in")
    )]
    pub async fn insert_into_existing_partitions(
        &self,
        table: &Table,
        rows: &[Row],
    ) -> Result<Inserted, StoreError> {
        if rows.is_empty() {
            return Ok(Inserted::default());
        }
        match self.db.get_database_backend() {
            #[cfg(feature = "postgres")]
            DbBackend::Postgres => self.insert_by_months(table, rows).await,
            #[cfg(feature = "sqlite")]
            DbBackend::Sqlite => self.with_timeout(sqlite::insert(&self.db, table, rows)).await,
            other => self.with_timeout(async { Err(unsupported(other)) }).await,
        }
    }

    /// Creates the partitions of some months, if the database has partitions. One that can't be created does not prevent
    /// the others.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, clippy::unused_async, reason = "only PostgreSQL has partitions")
    )]
    pub async fn ensure_partitions(&self, table: &Table, months: &BTreeSet<NaiveDate>) -> EnsuredPartitions {
        match self.db.get_database_backend() {
            #[cfg(feature = "postgres")]
            DbBackend::Postgres => self.make_partitions(table, months).await,
            _ => EnsuredPartitions { made: months.clone(), failed: None },
        }
    }

    /// Creates the partitions of this month and the next ones, and returns until when they exist. `None`: the database has
    /// no partitions.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, clippy::unused_async, reason = "only PostgreSQL has partitions")
    )]
    pub async fn ensure_partitions_ahead(
        &self,
        tables: &[&Table],
        ahead: MonthsAhead,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        match self.db.get_database_backend() {
            #[cfg(feature = "postgres")]
            DbBackend::Postgres => Ok(Some(self.make_partitions_ahead(tables, ahead).await?)),
            _ => Ok(None),
        }
    }

    async fn with_timeout<T>(&self, step: impl Future<Output = Result<T, DbErr>>) -> Result<T, StoreError> {
        tokio::time::timeout(self.timeout, step)
            .await
            .map_err(|_| StoreError::TimedOut(self.timeout))?
            .map_err(|error| {
                if is_refusal(&error) { StoreError::Refused(error) } else { StoreError::Unavailable(error) }
            })
    }
}

impl Inserted {
    /// Adds the outcome of other rows, whose indexes in this batch are `places`.
    fn add(&mut self, other: Self, places: &[usize]) {
        let Self { stored, duplicates, conflicts, without_partition } = other;
        let place = |at: usize| places.get(at).copied();
        self.stored += stored;
        self.duplicates += duplicates;
        self.conflicts.extend(conflicts.into_iter().filter_map(place));
        self.without_partition.extend(without_partition.into_iter().filter_map(place));
    }
}

fn unsupported(backend: DbBackend) -> DbErr {
    DbErr::BackendNotSupported { db: backend.as_str(), ctx: "this build has no store for it" }
}

/// Whether an error is about the rows' content. Everything else (no connection, no table, no rights, no space) is for the
/// operator to fix, and not the fault of a message.
fn is_refusal(error: &DbErr) -> bool {
    match sqlx_error(error) {
        _ if lacks_partition(error) => false,
        Some(SqlxError::Database(refusal)) => {
            let code = refusal.code().unwrap_or_default();
            match code.parse::<u32>() {
                // PostgreSQL's codes have five characters, SQLite's at most four.
                Ok(sqlite) if code.len() < 5 => {
                    const TOO_BIG: u32 = 18;
                    const CONSTRAINT: u32 = 19;
                    const MISMATCH: u32 = 20;
                    // The lowest byte is the kind of error; the others are details.
                    matches!(sqlite & 0xff, TOO_BIG | CONSTRAINT | MISMATCH)
                }
                // Data exceptions, violated constraints, program limits.
                _ => matches!(code.get(..2), Some("22" | "23" | "54")),
            }
        }
        Some(SqlxError::Encode(_)) => true,
        _ => false,
    }
}
