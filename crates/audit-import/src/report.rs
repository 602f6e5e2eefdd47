use std::fmt;

use audit_core::dead_letter::DeadLetterReason;

use crate::digest::Checksum;

/// How many differences of a table are listed; all are counted.
const MAX_LISTED: usize = 20;

/// What was found in one table of the original, and in the table of ours.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The rows of the original: the sum of all counts below but `new`.
    pub read: u64,
    /// Events that are in our table with the same content.
    pub same: u64,
    /// How many of them this run has stored.
    pub new: u64,
    /// Rows with the content of another row with their id and time.
    pub duplicates: u64,
    /// Rows with other content than our table has under their id.
    pub conflicts: u64,
    /// Rows that can't be read as events.
    pub unreadable: u64,
    /// Events that our table does not have.
    pub missing: u64,
    /// The checksum of the original's events.
    pub source_checksum: Checksum,
    /// The checksum of the same events in our table.
    pub target_checksum: Checksum,
    /// The first differences.
    pub differences: Vec<Difference>,
}

/// A row of the original that is not in ours, or not as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its id, as the original has it.
    pub id: String,
    /// Its time.
    pub occurred_at: String,
    /// What differs.
    pub kind: DifferenceKind,
}

/// How a row differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DifferenceKind {
    /// Our table has something else under its id.
    Conflict,
    /// Our table has nothing under its id.
    Missing,
    /// It can't be read as an event.
    Unreadable {
        /// Why, as a dead letter has it.
        reason: DeadLetterReason,
        /// The field to blame.
        field: Option<String>,
    },
    /// Our database refuses it.
    Refused(String),
}

impl Report {
    /// Whether every row of the original is in our table, with the same content.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.conflicts == 0
            && self.unreadable == 0
            && self.missing == 0
            && self.source_checksum == self.target_checksum
    }

    /// The events that were in our table before.
    #[must_use]
    pub fn there_before(&self) -> u64 {
        self.same.saturating_sub(self.new)
    }

    pub(crate) fn add(&mut self, difference: Difference) {
        if self.differences.len() < MAX_LISTED && !self.differences.contains(&difference) {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, occurred_at, kind } = self;
        write!(f, "id {id} at {occurred_at}: {kind}")
    }
}

impl fmt::Display for DifferenceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("our table has something else under this id"),
            Self::Missing => f.write_str("our table has nothing under this id"),
            Self::Unreadable { reason, field: None } => write!(f, "no event can be made of it ({reason})"),
            Self::Unreadable { reason, field: Some(field) } => {
                write!(f, "no event can be made of it ({reason}: {field})")
            }
            Self::Refused(why) => write!(f, "our database does not take it ({why})"),
        }
    }
}
