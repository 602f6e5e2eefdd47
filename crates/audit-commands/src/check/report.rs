use audit_core::terminal::visible;
use serde::Serialize;

use crate::terminal::TerminalStyle;

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

    fn line(&self, style: TerminalStyle) -> String {
        let Self { name, status, detail, remedy } = self;
        let text = match status {
            Status::Ok => "ok",
            Status::Missing => "missing",
            Status::Skipped => "skipped",
        };
        let remedy = remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        // Servers have a say in details.
        let line = format!("{text:<8} {name}: {detail}{remedy}");
        format!("{}\n", style.line(*status == Status::Missing, &visible(&line)))
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

    pub(super) fn text(&self, style: TerminalStyle) -> String {
        self.items.iter().map(|item| item.line(style)).collect()
    }
}
