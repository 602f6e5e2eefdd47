use chrono::{DateTime, Utc};

/// A slice of time that one statement is about.
///
/// Its ends are written into the statement's text, so that they count whichever plan the database makes: a plan for all
/// values of a parameter includes every partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeSlice {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
}
