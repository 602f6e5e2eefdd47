use std::{cmp::Ordering, fmt};

use audit_core::dead_letter::DeadLetterReason;
use serde::{Serialize, Serializer};

/// Why a message is a dead letter, according to its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It can't be stored.
    Known(DeadLetterReason),
    /// Any other code: one of the broker, such as `rejected`; one of another version of the service; `unknown` if there is none.
    Other(String),
}

impl Reason {
    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(reason) => reason.code(),
            Self::Other(code) => code,
        }
    }
}

impl From<String> for Reason {
    fn from(code: String) -> Self {
        DeadLetterReason::from_code(&code).map_or(Self::Other(code), Self::Known)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In the order of the codes.
impl Ord for Reason {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Reason {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
