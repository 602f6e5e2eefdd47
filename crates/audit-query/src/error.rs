use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};

/// Why a question has no answer; it decides what whoever asked is told.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The question itself.
    #[error(
        "the answer would have more than {limit} lines: ask for less time, fewer domains or larger buckets"
    )]
    TooMany {
        /// The most lines that an answer has.
        limit: usize,
    },
    /// It takes too long to answer.
    #[error("the answer took longer than {0:?}: ask for less time, or name an actor, a resource or a trace")]
    TimedOut(Duration),
    /// The database or the way to it.
    #[error("the database can't answer: {0}")]
    Unavailable(#[source] DbErr),
}

impl QueryError {
    /// PostgreSQL ends a statement that runs into its time limit with the code `query_canceled`.
    pub(crate) fn from_db(error: DbErr, limit: Duration) -> Self {
        if has_code(&error, "57014") { Self::TimedOut(limit) } else { Self::Unavailable(error) }
    }
}

/// Whether the database refused a statement with this code.
pub(crate) fn has_code(error: &DbErr, code: &str) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return false;
    };
    source.as_database_error().is_some_and(|refusal| refusal.code().as_deref() == Some(code))
}
