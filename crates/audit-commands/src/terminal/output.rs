use std::{
    fs::File,
    io::{self, IsTerminal, Write},
    ops::ControlFlow,
    path::Path,
    process::ExitCode,
};

use audit_core::terminal::{visible, visible_json};
use audit_query::format::CsvFor;
use serde::Serialize;

use crate::exit::CommandResult;

/// Writes an answer to standard output. It is no error if its reader has gone away.
pub(crate) fn print(text: impl AsRef<[u8]>) -> CommandResult {
    match io::stdout().lock().write_all(text.as_ref()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Writes a remark to standard error, which is not part of the answer.
pub(crate) fn note(text: &str) {
    // If standard error is closed, nobody can be told.
    let _ = writeln!(io::stderr(), "{}", visible(text));
}

/// Writes a piece of an answer. `Break`: its reader has gone away, which is no error.
pub(crate) fn write(out: &mut dyn Write, piece: &[u8]) -> io::Result<ControlFlow<()>> {
    match out.write_all(piece).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        outcome => outcome.map(ControlFlow::Continue),
    }
}

/// A list for programs. Every list has this form, some with more beside it.
#[derive(Debug, Serialize)]
pub(crate) struct Items<'i, T> {
    pub(crate) items: &'i [T],
}

/// An answer for programs. No terminal obeys it either.
pub(crate) fn to_json(answer: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_string_pretty(answer)?;
    Ok(format!("{}\n", visible_json(&json)).into_bytes())
}

/// A file that could not be opened for writing.
#[derive(Debug, thiserror::Error)]
#[error("can't write {file}: {source}; where standard output is meant, pipe it")]
pub(crate) struct Unopened {
    file: String,
    source: io::Error,
}

/// Creates a file for personal data.
pub(crate) fn create_private(path: &Path) -> Result<File, Unopened> {
    private_files::create(path).map_err(|source| Unopened { file: path.display().to_string(), source })
}

/// Who reads a CSV in a file, or from a pipe.
pub(crate) fn csv_target(is_for_spreadsheets: bool) -> CsvFor {
    if is_for_spreadsheets { CsvFor::Spreadsheets } else { CsvFor::Programs }
}

/// Who reads a CSV on standard output, which may be a terminal.
pub(crate) fn csv_target_on_stdout(is_for_spreadsheets: bool) -> CsvFor {
    if io::stdout().is_terminal() { CsvFor::Terminal } else { csv_target(is_for_spreadsheets) }
}
