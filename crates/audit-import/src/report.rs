use std::fmt;

use audit_core::dead_letter::DeadLetterReason;

use crate::digest::Checksum;

/// So many troubles of a table are told; all are counted.
const MOST_TOLD: usize = 20;

/// What was found in one table of the original, and in ours.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The rows of the original: the sum of all counts below but `new`.
    pub read: u64,
    /// Events that are in ours and say the same.
    pub same: u64,
    /// Those of them that this run has stored.
    pub new: u64,
    /// Rows that say what another row with their id and time says.
    pub duplicates: u64,
    /// Rows that say something else than what ours has under their id.
    pub conflicts: u64,
    /// Rows that no event can be made of.
    pub unreadable: u64,
    /// Events that ours has not.
    pub missing: u64,
    /// Of the original's events.
    pub theirs: Checksum,
    /// Of the same events, as ours has them.
    pub ours: Checksum,
    /// The first of what went wrong.
    pub troubles: Vec<Trouble>,
}

/// A row of the original that is not in ours, or not as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Its id, as the original has it.
    pub id: String,
    /// Its time.
    pub occurred_at: String,
    /// What is wrong.
    pub what: What,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Ours has something else under its id.
    Conflict,
    /// Ours has nothing under its id.
    Missing,
    /// No event can be made of it.
    Unreadable {
        /// Why, as a dead letter has it.
        reason: DeadLetterReason,
        /// The field to blame.
        field: Option<String>,
    },
    /// Our database does not take it.
    NotTaken(String),
}

impl Report {
    /// Whether every row of the original is in ours, and says there what it says here.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.conflicts == 0 && self.unreadable == 0 && self.missing == 0 && self.theirs == self.ours
    }

    /// The events that were in ours before.
    #[must_use]
    pub fn there_before(&self) -> u64 {
        self.same.saturating_sub(self.new)
    }

    pub(crate) fn tell(&mut self, trouble: Trouble) {
        if self.troubles.len() < MOST_TOLD && !self.troubles.contains(&trouble) {
            self.troubles.push(trouble);
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, occurred_at, what } = self;
        write!(f, "id {id} at {occurred_at}: {what}")
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("our table has something else under this id"),
            Self::Missing => f.write_str("our table has nothing under this id"),
            Self::Unreadable { reason, field: None } => write!(f, "no event can be made of it ({reason})"),
            Self::Unreadable { reason, field: Some(field) } => {
                write!(f, "no event can be made of it ({reason}: {field})")
            }
            Self::NotTaken(why) => write!(f, "our database does not take it ({why})"),
        }
    }
}
