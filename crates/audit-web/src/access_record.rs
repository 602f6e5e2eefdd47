use serde_json::{Value as Json, json};

/// An entry of the access log, without its reader.
#[derive(Debug)]
pub struct AccessRecord {
    pub(crate) action: &'static str,
    pub(crate) resource: Option<String>,
    pub(crate) question: Option<Json>,
    pub(crate) rows: u64,
    pub(crate) answer: Answer,
}

/// The answer that follows a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The recorded rows, which are events: they count for the reader's budget.
    Events,
    /// Something else, such as numbers.
    Other,
    /// None: another record follows.
    None,
}

impl AccessRecord {
    /// The answer has this many events.
    #[must_use]
    pub fn events(action: &'static str, rows: usize) -> Self {
        Self { answer: Answer::Events, ..Self::facts(action, rows) }
    }

    /// The answer has this many rows of anything else.
    #[must_use]
    pub fn facts(action: &'static str, rows: usize) -> Self {
        Self { action, resource: None, question: None, rows: rows as u64, answer: Answer::Other }
    }

    /// Something starts that takes a while.
    #[must_use]
    pub fn started(action: &'static str) -> Self {
        Self { answer: Answer::None, ..Self::facts(action, 0) }
    }

    /// It continues, with this many rows since the last record.
    #[must_use]
    pub fn progress(action: &'static str, rows: u64) -> Self {
        Self { rows, ..Self::started(action) }
    }

    /// It has ended for this reason, with this many rows since the last record.
    #[must_use]
    pub fn ended(action: &'static str, rows: u64, reason: &'static str) -> Self {
        Self::progress(action, rows).with_question(json!({ "end": reason }))
    }

    /// Adds what was asked.
    #[must_use]
    pub fn with_question(self, question: Json) -> Self {
        Self { question: Some(question), ..self }
    }

    /// Adds the one thing that was read.
    #[must_use]
    pub fn with_resource(self, resource: String) -> Self {
        Self { resource: Some(resource), ..self }
    }
}
