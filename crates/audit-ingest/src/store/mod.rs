//! Writing rows. The only code that inserts into a log table; none updates or deletes.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use audit_core::store::{Row, Table};
#[cfg(feature = "postgres")]
use chrono::DateTime;
use sea_orm::{DatabaseConnection, DbBackend, DbErr, RuntimeErr, sqlx};

/// The database, as ingest sees it.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    timeout: Duration,
}

/// What became of rows that were given to [`Store::insert`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inserted {
    /// How many were written.
    pub stored: u64,
    /// How many were there before, with the same content.
    pub duplicates: u64,
    /// Which of them (by their place) have the id and time of another event, which stays.
    pub conflicts: Vec<usize>,
}

/// Why rows were not stored; it decides what happens next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The content of at least one row. Trying again changes nothing.
    #[error("{0}")]
    Refused(#[source] DbErr),
    /// The database or the way to it. The rows are held until it is back.
    #[error("{0}")]
    Unavailable(#[source] DbErr),
    /// The database took longer than it may. The rows are held; they may be stored all the same.
    #[error("the database did not answer within {0:?}")]
    TimedOut(Duration),
}

impl StoreError {
    /// Whether the same rows may well be stored later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::Unavailable(_) | Self::TimedOut(_) => true,
        }
    }
}

impl Store {
    /// A store on a connection pool. No single step may take longer than `timeout`.
    #[must_use]
    pub fn new(db: DatabaseConnection, timeout: Duration) -> Self {
        Self { db, timeout }
    }

    /// Stores rows of one table in one transaction. A row whose id and time are there already is left as it
    /// stands.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "sqlite")),
        expect(unused_variables, reason = "without a driver there is nothing to store them in")
    )]
    pub async fn insert(&self, table: &Table, rows: &[Row]) -> Result<Inserted, StoreError> {
        if rows.is_empty() {
            return Ok(Inserted::default());
        }
        self.in_time(async {
            match self.db.get_database_backend() {
                #[cfg(feature = "postgres")]
                DbBackend::Postgres => postgres::insert(&self.db, table, rows).await,
                #[cfg(feature = "sqlite")]
                DbBackend::Sqlite => sqlite::insert(&self.db, table, rows).await,
                other => Err(unsupported(other)),
            }
        })
        .await
    }

    /// Makes room for the events of this month and the next ones, where the database wants that done ahead. A
    /// metric tells until when there is room.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "only PostgreSQL has partitions")
    )]
    pub async fn prepare_months(&self, tables: &[&Table], ahead: u32) -> Result<(), StoreError> {
        self.in_time(async {
            match self.db.get_database_backend() {
                #[cfg(feature = "postgres")]
                DbBackend::Postgres => {
                    let until = crate::metrics::partitions_until();
                    // 0, which is long ago, for as long as it has never worked.
                    until.increment(0);
                    let end = postgres::prepare_months(&self.db, tables, ahead).await?;
                    until.set((end - DateTime::UNIX_EPOCH).to_std().unwrap_or_default());
                    Ok(())
                }
                _ => Ok(()),
            }
        })
        .await
    }

    async fn in_time<T>(&self, step: impl Future<Output = Result<T, DbErr>>) -> Result<T, StoreError> {
        tokio::time::timeout(self.timeout, step)
            .await
            .map_err(|_| StoreError::TimedOut(self.timeout))?
            .map_err(|error| {
                if is_refusal(&error) { StoreError::Refused(error) } else { StoreError::Unavailable(error) }
            })
    }
}

fn unsupported(backend: DbBackend) -> DbErr {
    DbErr::BackendNotSupported { db: backend.as_str(), ctx: "this build has no store for it" }
}

/// Whether an error is about the rows' content. Everything else (no connection, no table, no rights, no
/// space) is for the operator to mend, and no message's fault.
fn is_refusal(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(sea_orm::SqlxError::Database(refusal)) => {
            let code = refusal.code().unwrap_or_default();
            if lacks_partition(refusal.as_ref()) {
                return false;
            }
            match code.parse::<u32>() {
                // PostgreSQL's codes have five places, SQLite's at most four.
                Ok(sqlite) if code.len() < 5 => {
                    const TOO_BIG: u32 = 18;
                    const CONSTRAINT: u32 = 19;
                    const MISMATCH: u32 = 20;
                    // The lowest byte is the kind; the others say more about it.
                    matches!(sqlite & 0xff, TOO_BIG | CONSTRAINT | MISMATCH)
                }
                // Data exceptions, violated constraints, program limits.
                _ => matches!(code.get(..2), Some("22" | "23" | "54")),
            }
        }
        Some(sea_orm::SqlxError::Encode(_)) => true,
        _ => false,
    }
}

/// PostgreSQL reports a row without a partition as a check violation that has no constraint's name.
fn lacks_partition(refusal: &dyn sqlx::error::DatabaseError) -> bool {
    refusal.code().as_deref() == Some("23514") && refusal.constraint().is_none()
}

pub(crate) fn sqlx_error(error: &DbErr) -> Option<&sea_orm::SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
