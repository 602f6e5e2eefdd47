use audit_query::{
    Entry,
    format::{self, CsvWriter},
};
use clap::{
    ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};
use serde::Serialize;

/// Parses an argument that is one of some names, as the query's own lists have them.
pub(crate) fn one_of<T: Copy + Send + Sync>(
    names: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let known = PossibleValuesParser::new(names.iter().map(|(name, _)| *name));
    known.try_map(|text| {
        let found = names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or("unknown")
    })
}

/// What events look like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventFormat {
    /// For people.
    #[default]
    Table,
    /// One object, with the events in `items`.
    Json,
    /// For programs: every text exactly as stored.
    Csv,
    /// CSV for spreadsheets: no text becomes a formula, a number or a date.
    Spreadsheet,
    /// One object per line.
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
