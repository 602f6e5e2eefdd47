use std::{io, time::Duration};

use audit_core::publish::{ConnectError, PublishError};

/// Why dead letters could not be read, or not all of them repaired. The others are still in their queue.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// The broker failed, or refused.
    #[error(transparent)]
    Broker(#[from] ConnectError),
    /// A message was not confirmed. Its dead letter stays, whether the message has arrived or not.
    #[error("putting back was given up, and the rest stays: {0}")]
    Unconfirmed(#[source] PublishError),
    /// Discarded letters can't be saved, so nothing was discarded.
    #[error("what is discarded can't be kept in {file}, so the rest stays: {source}")]
    NotSaved {
        /// The file.
        file: String,
        /// The system's error.
        source: io::Error,
    },
    /// The broker requeued letters before they were removed. They are still there.
    #[error("the channel ended before dead letters were removed that are dealt with: they are still there")]
    NotRemoved,
    /// The time limit was reached.
    #[error("it took longer than {0:?}, and the rest stays as it is")]
    TooLong(Duration),
}
