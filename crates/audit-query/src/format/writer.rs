use super::{CsvWriter, ndjson};
use crate::Entry;

/// Events in one of the formats of an export.
#[derive(Clone, Debug)]
pub enum EventWriter {
    /// A table.
    Csv(CsvWriter),
    /// One JSON object per line.
    Ndjson,
}

impl EventWriter {
    /// Appends what precedes the first event.
    pub fn header(&self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.header(out),
            Self::Ndjson => {}
        }
    }

    /// Appends one event, with the end of its line.
    pub fn entry(&self, entry: &Entry, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.entry(entry, out),
            Self::Ndjson => ndjson::entry(entry, out),
        }
    }
}
