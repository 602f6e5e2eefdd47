use audit_core::terminal::visible;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::{CsvFor, spreadsheet};
use crate::Value;

/// Larger than most lines, so that each is written at once.
const LINE_BUFFER: usize = 1024;

/// A line of a CSV file (RFC 4180), under construction. Writing to memory can't fail.
pub(super) struct Cells<'o> {
    line: Writer<&'o mut Vec<u8>>,
    csv_for: CsvFor,
}

impl<'o> Cells<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>, csv_for: CsvFor) -> Self {
        let line = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .buffer_capacity(LINE_BUFFER)
            .from_writer(out);
        Self { line, csv_for }
    }

    /// A value of our own: a time, a small number, an id.
    pub(super) fn value(&mut self, value: impl AsRef<[u8]>) {
        let _ = self.line.write_field(value);
    }

    /// Text from outside, in the form that is safe for its reader.
    pub(super) fn text(&mut self, text: &str) {
        match self.csv_for {
            CsvFor::Programs => self.value(text),
            CsvFor::Spreadsheets => self.value(&*spreadsheet::text(text)),
            CsvFor::Terminal => self.value(&*visible(text)),
        }
    }

    /// A number of any size.
    pub(super) fn number(&mut self, number: i64) {
        match self.csv_for {
            CsvFor::Spreadsheets => self.value(spreadsheet::number(number)),
            CsvFor::Programs | CsvFor::Terminal => self.value(number.to_string()),
        }
    }

    /// Text from outside, or an empty cell.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// The value of a column, or an empty cell.
    pub(super) fn column(&mut self, value: Option<&Value>) {
        match value {
            Some(Value::Text(text)) => self.text(text),
            Some(Value::Integer(number)) => self.number(*number),
            Some(Value::Uuid(id)) => self.value(id.to_string()),
            None => self.value(""),
        }
    }

    /// Ends the line.
    pub(super) fn end(mut self) {
        let _ = self.line.write_record(None::<&[u8]>);
        let _ = self.line.flush();
    }
}
