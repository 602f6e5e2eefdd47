use serde_json::Value as Json;

use super::{AccessAction, AccessRecord, Accessor};

/// An answer that nobody may use yet: the access log has no record of it.
///
/// [`for_accessor`](Self::for_accessor) says who asked, and [`AccessLog::release`](super::AccessLog::release) gives the
/// answer out once that is recorded.
#[derive(Debug)]
#[must_use = "an answer can be used only once it is recorded"]
pub struct Unrecorded<T> {
    answer: T,
    action: AccessAction,
    resource: Option<String>,
    rows: u64,
}

impl<T> Unrecorded<T> {
    /// An answer to some action, with so many rows.
    pub fn new(action: AccessAction, rows: usize, answer: T) -> Self {
        Self { answer, action, resource: None, rows: rows as u64 }
    }

    /// The answer is about one thing.
    pub fn about(self, resource: impl Into<String>) -> Self {
        Self { resource: Some(resource.into()), ..self }
    }

    /// The same answer in another form. What is recorded stays.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Unrecorded<U> {
        let Self { answer, action, resource, rows } = self;
        Unrecorded { answer: f(answer), action, resource, rows }
    }

    /// Counts other rows than those of the question, such as the lines that are shown.
    pub fn with_rows(self, count: impl FnOnce(&T) -> usize) -> Self {
        let rows = count(&self.answer) as u64;
        Self { rows, ..self }
    }

    /// Names who asked, and what.
    pub fn for_accessor(self, accessor: Accessor, query: Option<Json>) -> Attributed<T> {
        let Self { answer, action, resource, rows } = self;
        Attributed {
            answer,
            record: AccessRecord { resource, query, rows, ..AccessRecord::new(action, accessor) },
        }
    }
}

/// An answer with the record that has to be stored before it is given out.
#[derive(Debug)]
#[must_use = "an answer can be used only once it is recorded"]
pub struct Attributed<T> {
    pub(super) answer: T,
    pub(super) record: AccessRecord,
}

impl<T> Attributed<T> {
    /// The record.
    #[must_use]
    pub fn record(&self) -> &AccessRecord {
        &self.record
    }
}
