use serde::Serialize;

use crate::terminal::{Line, Table, to_json};

/// What was checked, in order.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    items: Vec<Check>,
}

/// One thing that the service needs.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    name: String,
    status: Status,
    detail: String,
    /// What to do about it.
    remedy: Option<String>,
}

/// What became of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    /// It is missing, or can't be used.
    Missing,
    /// Something that it needs is missing.
    Skipped,
}

impl Check {
    pub(super) fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Ok, detail: detail.into(), remedy: None }
    }

    pub(super) fn problem(name: impl Into<String>, detail: impl Into<String>, remedy: Option<&str>) -> Self {
        Self { status: Status::Missing, remedy: remedy.map(str::to_owned), ..Self::ok(name, detail) }
    }

    pub(super) fn skipped(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { status: Status::Skipped, ..Self::ok(name, detail) }
    }
}

impl Report {
    pub(super) fn new(items: Vec<Check>) -> Self {
        Self { items }
    }

    pub(super) fn add(&mut self, items: Vec<Check>) {
        self.items.extend(items);
    }

    pub(super) fn is_ok(&self) -> bool {
        self.items.iter().all(|item| item.status == Status::Ok)
    }

    pub(super) fn json(&self) -> Result<Vec<u8>, serde_json::Error> {
        to_json(self)
    }

    pub(super) fn table(&self) -> Table {
        Table {
            header: ["CHECK", "STATUS", "DETAILS"].map(str::to_owned).to_vec(),
            lines: self.items.iter().map(line).collect(),
            ends_with_number: false,
        }
    }
}

fn line(check: &Check) -> Line {
    let status = match check.status {
        Status::Ok => "ok",
        Status::Missing => "missing",
        Status::Skipped => "skipped",
    };
    let remedy = check.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
    Line {
        heading: None,
        cells: vec![check.name.clone(), status.to_owned(), format!("{}{remedy}", check.detail)],
        is_failure: check.status == Status::Missing,
    }
}
