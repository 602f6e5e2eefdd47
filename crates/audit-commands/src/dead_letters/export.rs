use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit_dead_letters::{DeadLetterError, DeadLetters, Selection};
use audit_query::AccessAction;
use clap::Args;
use serde::Serialize;

use super::{selection::SelectionArgs, session::DeadLetterSession};
use crate::{
    context::Context,
    exit::CommandResult,
    reading::path_as_text,
    terminal::{Progress, Unopened, create_private, note, write},
};

/// Export dead letters as NDJSON with exact bodies. A corrected line can be sent with `log-service publish`.
#[derive(Debug, Args, Serialize)]
pub(super) struct ExportArgs {
    /// The output file; `-` is standard output.
    #[arg(value_name = "FILE", default_value = "-")]
    #[serde(serialize_with = "path_as_text")]
    file: PathBuf,
    #[command(flatten)]
    #[serde(flatten)]
    letters: SelectionArgs,
}

/// Why a file is not complete.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("incomplete: {0}")]
    Unwritten(#[from] io::Error),
    #[error("incomplete: {0}")]
    Unread(#[from] DeadLetterError),
}

pub(super) async fn export(context: &Context<'_>, args: &ExportArgs) -> CommandResult {
    let selection = args.letters.selection(context)?;
    let session = DeadLetterSession::open(context).await?;
    let dead_letters = session.begin(AccessAction::DeadLettersExport, args).await?;
    let mut letters = 0;
    let outcome = write_all(dead_letters, &selection, &args.file, &mut letters).await;
    session.end(AccessAction::DeadLettersExportEnd, args, letters).await?;
    note(&format!("{letters} dead letters"));
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Writes all dead letters; `letters` is the number of those written so far.
async fn write_all(
    dead_letters: &DeadLetters,
    selection: &Selection,
    file: &Path,
    letters: &mut u64,
) -> Result<(), Incomplete> {
    let to_stdout = file == Path::new("-");
    let mut out: Box<dyn Write> =
        if to_stdout { Box::new(io::stdout()) } else { Box::new(create_private(file)?) };
    let progress = (!to_stdout).then(Progress::new);
    let mut scan = dead_letters.scan(selection).await?;
    while let Some(found) = scan.next().await? {
        let lines: Vec<u8> = found.iter().flat_map(|found| dead_letters.line(&found.letter)).collect();
        if write(&mut out, &lines)?.is_break() {
            break;
        }
        *letters += found.len() as u64;
        if let Some(progress) = &progress {
            progress.update(scan.seen(), scan.total());
        }
    }
    Ok(scan.end().await?)
}
