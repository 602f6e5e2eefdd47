use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    ops::ControlFlow,
    path::Path,
};

use audit_core::terminal::visible;
use audit_query::{
    Entry, Range,
    format::{self, CsvFor, CsvWriter},
};

use super::Reading;

/// Says something that does not belong to the answer.
pub(in crate::commands) fn note(text: &str) {
    // Standard error may be closed; then there is nobody to tell.
    let _ = writeln!(io::stderr(), "{}", visible(text));
}

/// Writes a piece of an answer. `Break`: whoever read it has gone away, which is no error.
pub(in crate::commands) fn write(out: &mut dyn Write, piece: &[u8]) -> io::Result<ControlFlow<()>> {
    match out.write_all(piece).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        outcome => outcome.map(ControlFlow::Continue),
    }
}

/// Says so when a beginning was assumed.
pub(in crate::commands) fn say_assumed(reading: &Reading<'_>, range: Range, has_end: bool) {
    const DAY: u64 = 24 * 60 * 60;
    if range.assumed {
        let days = reading.queries.limits().default_range.as_secs() / DAY;
        let which = if has_end { format!("{days} days before --to") } else { format!("last {days} days") };
        note(&format!("showing the {which}; --from says otherwise"));
    }
}

/// A file that could not be opened for writing.
#[derive(Debug, thiserror::Error)]
#[error("can't write {file}: {source}; where standard output is meant, pipe it")]
pub(in crate::commands) struct Unopened {
    file: String,
    source: io::Error,
}

/// A file to write personal data to.
pub(in crate::commands) fn created(path: &Path) -> Result<File, Unopened> {
    private_files::create(path).map_err(|source| Unopened { file: path.display().to_string(), source })
}

/// The form of a CSV in a file, or in the hands of another program.
pub(in crate::commands) fn form(is_for_spreadsheets: bool) -> CsvFor {
    if is_for_spreadsheets { CsvFor::Spreadsheets } else { CsvFor::Programs }
}

/// The same on standard output, which may be a terminal.
pub(in crate::commands) fn form_on_stdout(is_for_spreadsheets: bool) -> CsvFor {
    if io::stdout().is_terminal() { CsvFor::Terminal } else { form(is_for_spreadsheets) }
}

pub(in crate::commands) fn csv<'e>(
    writer: &CsvWriter,
    entries: impl IntoIterator<Item = &'e Entry>,
) -> Vec<u8> {
    let mut out = Vec::new();
    writer.header(&mut out);
    for entry in entries {
        writer.entry(entry, &mut out);
    }
    out
}

pub(in crate::commands) fn ndjson<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        format::ndjson::entry(entry, &mut out);
    }
    out
}
