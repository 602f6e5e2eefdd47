use std::time::Duration;

use audit_core::store::sqlx_error;
use sea_orm::{DbErr, SqlxError};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question asks for too much.
    #[error(
        "the answer would have more than {limit} lines: ask for less time, fewer domains or larger buckets"
    )]
    TooMany {
        /// The most lines of an answer.
        limit: usize,
    },
    /// The answer took too long.
    #[error("the answer took longer than {0:?}: ask for less time, or name an actor, a resource or a trace")]
    TimedOut(Duration),
    /// The database is away, or refuses the statement.
    #[error("the database can't answer: {0}")]
    Unavailable(#[source] DbErr),
}

impl QueryError {
    /// PostgreSQL cancels a statement at its time limit with the code `query_canceled`.
    pub(crate) fn from_db(error: DbErr, limit: Duration) -> Self {
        const QUERY_CANCELED: &str = "57014";
        match sqlx_error(&error) {
            Some(SqlxError::Database(refusal)) if refusal.code().as_deref() == Some(QUERY_CANCELED) => {
                Self::TimedOut(limit)
            }
            _ => Self::Unavailable(error),
        }
    }
}
