use std::{io, time::Duration};

use audit_core::publish::{ConnectError, PublishError};

/// Why dead letters could not be read, or not all be repaired. Those that were not are where they were.
#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    /// The broker failed, or refused.
    #[error(transparent)]
    Broker(#[from] ConnectError),
    /// A message was not confirmed: its dead letter stays, whether it has arrived or not.
    #[error("putting back was given up, and the rest stays: {0}")]
    Unconfirmed(#[source] PublishError),
    /// What was to be discarded can't be saved, so nothing was discarded.
    #[error("what is discarded can't be kept in {file}, so the rest stays: {source}")]
    NotSaved {
        /// The file.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// The broker took letters back before they were removed: they are still there.
    #[error("the channel ended before dead letters were removed that are dealt with: they are still there")]
    NotRemoved,
    /// The time was up.
    #[error("it took longer than {0:?}, and the rest stays as it is")]
    TooLong(Duration),
}
