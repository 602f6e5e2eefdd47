use audit_query::{
    Entry, Order,
    format::{self, CsvWriter},
};
use clap::ValueEnum;
use serde::Serialize;

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventOrder {
    /// Those that happened last.
    #[default]
    Newest,
    /// Those that happened first.
    Oldest,
}

impl From<EventOrder> for Order {
    fn from(order: EventOrder) -> Self {
        match order {
            EventOrder::Newest => Self::Newest,
            EventOrder::Oldest => Self::Oldest,
        }
    }
}

/// What events look like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventFormat {
    /// For people.
    #[default]
    Table,
    /// One object, the events with where to go on.
    Json,
    /// A table for programs, every text as it is.
    Csv,
    /// A table for spreadsheets: CSV in which no text is a formula, and none becomes a number or a date.
    Spreadsheet,
    /// An object a line.
    Ndjson,
}

pub(crate) fn csv<'e>(writer: &CsvWriter, entries: impl IntoIterator<Item = &'e Entry>) -> Vec<u8> {
    let mut out = Vec::new();
    writer.header(&mut out);
    for entry in entries {
        writer.entry(entry, &mut out);
    }
    out
}

pub(crate) fn ndjson<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        format::ndjson::entry(entry, &mut out);
    }
    out
}
