//! Events as text for other programs. Everything is appended to the caller's buffer, who sends it on when it is full
//! enough: however long an answer is, only a part of it is in memory.

mod cells;
mod counts;
mod csv;
pub mod ndjson;
mod spreadsheet;
mod writer;

pub use self::{
    counts::counts,
    csv::{CsvFor, CsvWriter},
    writer::EventWriter,
};
