use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

/// Larger than most lines: they are put together in one go.
const LINE: usize = 1024;

/// One line of a CSV file in the making (RFC 4180). Writing to memory can't fail.
pub(super) struct Cells<'o>(Writer<&'o mut Vec<u8>>);

impl<'o> Cells<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        Self(
            WriterBuilder::new()
                .terminator(Terminator::CRLF)
                .quote_style(QuoteStyle::Necessary)
                .buffer_capacity(LINE)
                .from_writer(out),
        )
    }

    /// A value that is ours: a time, a number, an id.
    pub(super) fn value(&mut self, value: impl AsRef<[u8]>) {
        let _ = self.0.write_field(value);
    }

    /// What somebody else has written. Programs for spreadsheets would take what begins like a formula for
    /// one, and run it: an apostrophe makes it text.
    pub(super) fn text(&mut self, text: &str) {
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            self.value(format!("'{text}"));
        } else {
            self.value(text);
        }
    }

    /// The same, or an empty cell.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    /// Ends the line.
    pub(super) fn end(mut self) {
        let _ = self.0.write_record(None::<&[u8]>);
        let _ = self.0.flush();
    }
}
