use serde_json::{Value as Json, json};

/// What was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) action: &'static str,
    pub(crate) resource: Option<String>,
    pub(crate) question: Option<Json>,
    pub(crate) rows: u64,
    pub(crate) gives: Gives,
}

/// What the answer that follows a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    /// The recorded rows, which are events.
    Events,
    /// Something else, such as numbers.
    Facts,
    /// Nothing yet, or nothing more: another record tells what came of it.
    Nothing,
}

impl Read {
    /// So many events are about to be answered.
    pub(crate) fn events(action: &'static str, rows: usize) -> Self {
        Self { gives: Gives::Events, ..Self::facts(action, rows) }
    }

    /// So many of anything else are about to be answered.
    pub(crate) fn facts(action: &'static str, rows: usize) -> Self {
        Self { action, resource: None, question: None, rows: rows as u64, gives: Gives::Facts }
    }

    /// Something begins that goes on for a while.
    pub(crate) fn begun(action: &'static str) -> Self {
        Self { gives: Gives::Nothing, ..Self::facts(action, 0) }
    }

    /// So much was done since the record before, and it goes on.
    pub(crate) fn going_on(action: &'static str, rows: u64) -> Self {
        Self { rows, ..Self::begun(action) }
    }

    /// So much was done since the record before, and it has ended like this.
    pub(crate) fn ended(action: &'static str, rows: u64, end: &'static str) -> Self {
        Self::going_on(action, rows).asked(json!({ "end": end }))
    }

    /// What was asked.
    pub(crate) fn asked(self, question: Json) -> Self {
        Self { question: Some(question), ..self }
    }

    /// The one thing that it is of.
    pub(crate) fn of(self, resource: String) -> Self {
        Self { resource: Some(resource), ..self }
    }
}
