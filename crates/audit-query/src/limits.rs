//! What a question may ask for and cost. The page, the API, and the command line all take their bounds from here.

use std::{ops::Range, time::Duration};

/// How many events an answer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerSize {
    /// The number where the question names none.
    pub default: u16,
    /// The largest number that a question may name.
    pub max: u16,
}

/// The events of a page of search results.
pub const PAGE_SIZE: AnswerSize = AnswerSize { default: 50, max: 1_000 };

/// The events of a timeline.
pub const TIMELINE_SIZE: AnswerSize = AnswerSize { default: 500, max: 5_000 };

/// The characters of a text column. Longer text can't be in the log.
pub const MAX_TEXT_CHARS: usize = 255;

/// The values of one filter parameter.
pub const MAX_VALUES: usize = 50;

/// The years that the log can hold.
pub(crate) const YEARS: Range<i32> = 1900..2200;

/// What one question may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far back a question reaches that names no beginning.
    pub default_range: Duration,
    /// The longest that an answer may take. The database must know it too (`statement_timeout`).
    pub timeout: Duration,
    /// The most memory that the events of an answer may take, in bytes. A batch of an export or a tail takes less.
    pub max_bytes: usize,
}

impl Limits {
    /// The bytes of one batch of an export or a tail. Many of them run at the same time, so each has a small share.
    pub(crate) fn batch_bytes(&self) -> usize {
        self.max_bytes / 8
    }
}
