//! The outcome of checking a token, of either kind.

use chrono::{DateTime, Utc};

use crate::Reader;

/// The reader of a valid token, and when the token expires.
#[derive(Debug)]
pub(crate) struct Authenticated {
    pub(crate) reader: Reader,
    pub(crate) expires: Option<DateTime<Utc>>,
}

/// Why a token was not accepted. The reasons are for the log, not for its sender.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenCheckError {
    /// It was valid once. It was not guessed, so it doesn't count against its sender: a page that is left open would lock
    /// its own address out.
    Expired,
    /// It was never valid.
    Invalid(&'static str),
    /// It can't be checked at the moment.
    Unavailable,
}
