use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};

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
