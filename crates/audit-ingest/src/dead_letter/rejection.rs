use audit_core::{dead_letter::DeadLetterReason, store::Malformed};
use uuid::Uuid;

use audit_store::StoreError;

/// Why a message can never be stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The same id is stored with another time or other content. The first one stays; somebody has to decide.
    #[error("an event with the same id, but another time or other content, is stored already")]
    Conflict { id: Uuid },
    /// The database refuses this row alone.
    #[error("the database refuses the row: {source}")]
    RefusedByDatabase { id: Uuid, source: StoreError },
}

impl Rejection {
    pub(crate) fn reason(&self) -> DeadLetterReason {
        match self {
            Self::Malformed(malformed) => malformed.reason(),
            Self::Conflict { .. } => DeadLetterReason::Conflict,
            Self::RefusedByDatabase { .. } => DeadLetterReason::RefusedByDatabase,
        }
    }

    /// The field to blame, where there is one.
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed(malformed) => malformed.field(),
            Self::Conflict { .. } | Self::RefusedByDatabase { .. } => None,
        }
    }

    /// The event's id, where the body could be read.
    pub(super) fn event_id(&self) -> Option<Uuid> {
        match self {
            Self::Malformed(_) => None,
            Self::Conflict { id } | Self::RefusedByDatabase { id, .. } => Some(*id),
        }
    }
}
