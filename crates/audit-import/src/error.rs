use audit_store::StoreError;
use sea_orm::{DbErr, SqlxError};

/// Why an import was aborted. What was copied until then stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The tables are not in this schema.
    #[error(
        "the original's database has no table {} that we may read; schemas that have one like it: {}",
        .missing.join(", "),
        if .elsewhere.is_empty() { "none".to_owned() } else { .elsewhere.join(", ") }
    )]
    NoTable {
        /// Those that are missing, with the schema.
        missing: Vec<String>,
        /// Schemas with tables of these names.
        elsewhere: Vec<String>,
    },
    /// The tables are there, but they are this service's own.
    #[error("{0} is a table of this service, not of the original")]
    Ours(String),
    /// The original's database does not answer, or refuses.
    #[error("{table} of the original can't be read: {source}")]
    Original {
        /// The table, with its schema.
        table: String,
        /// What the driver says.
        source: SqlxError,
    },
    /// Our database does not answer, or refuses to be read.
    #[error("our {table} can't be read: {source}")]
    Read {
        /// The table.
        table: &'static str,
        /// What the driver says.
        source: DbErr,
    },
    /// It took too long to answer.
    #[error("our {table} can't be read: the database did not answer in time")]
    TimedOut {
        /// The table.
        table: &'static str,
    },
    /// Our database does not store.
    #[error("our {table} can't be written: {source}")]
    Write {
        /// The table.
        table: &'static str,
        /// What the store says.
        source: StoreError,
    },
}
