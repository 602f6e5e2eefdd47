use std::time::Duration;

use audit_core::publish::{ConnectError, PublishError};
use sea_orm::DbErr;

/// Why events are still in the outbox.
#[derive(Debug, thiserror::Error)]
pub(super) enum RelayError {
    #[error("the database: {0}")]
    Database(#[from] DbErr),
    #[error("the database did not answer within {0:?}")]
    DatabaseTimedOut(Duration),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Lost(PublishError),
    /// The broker is there, but does not take these.
    #[error("{events} events were not taken, and what follows them waits. The first is {event}: {source}")]
    Rejected { events: usize, event: sea_orm::prelude::Uuid, source: Box<PublishError> },
}

impl RelayError {
    /// Whether the connection to the broker can't be used any more.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self, Self::Lost(_))
    }
}
