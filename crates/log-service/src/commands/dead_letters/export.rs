use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use audit_dead_letters::{DeadLetterError, Selection};

use super::Desk;
use crate::{
    cli::ExportLettersArgs,
    commands::{
        CommandResult,
        progress::Progress,
        reading::{Unopened, created, note, write},
    },
};

/// Why a file is not complete.
#[derive(Debug, thiserror::Error)]
enum Incomplete {
    #[error(transparent)]
    Unopened(#[from] Unopened),
    #[error("not complete: {0}")]
    Unwritten(#[from] io::Error),
    #[error("not complete: {0}")]
    Unread(#[from] DeadLetterError),
}

pub(super) async fn export(desk: &Desk<'_>, args: &ExportLettersArgs) -> CommandResult {
    desk.record("DEAD_LETTERS_EXPORT", args, 0).await?;
    let mut letters = 0;
    let outcome = write_all(desk, args, &mut letters).await;
    desk.record("DEAD_LETTERS_EXPORT_END", args, letters).await?;
    note(&format!("{letters} dead letters"));
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Writes them all; `letters` always says how many were written so far.
async fn write_all(desk: &Desk<'_>, args: &ExportLettersArgs, letters: &mut u64) -> Result<(), Incomplete> {
    let to_stdout = args.file == Path::new("-");
    let mut out: Box<dyn Write> =
        if to_stdout { Box::new(io::stdout()) } else { Box::new(created(&args.file)?) };
    let progress = (!to_stdout).then(Progress::new);
    let mut look = desk.dead_letters.scan(&Selection::from(&args.letters)).await?;
    while let Some(held) = look.next().await? {
        let lines: Vec<u8> = held.iter().flat_map(|held| desk.dead_letters.line(&held.letter)).collect();
        if write(&mut out, &lines)?.is_break() {
            break;
        }
        *letters += held.len() as u64;
        if let Some(progress) = &progress {
            progress.at(look.seen(), look.total());
        }
    }
    Ok(look.end().await?)
}
