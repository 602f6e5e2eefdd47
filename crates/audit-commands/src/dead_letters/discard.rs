use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use audit_core::terminal::visible;
use audit_dead_letters::RepairProgress;
use audit_query::AccessAction;
use clap::Args;
use private_files::Folder;
use serde::Serialize;

use super::{selection::ChosenArgs, session::DeadLetterSession};
use crate::{
    context::Context,
    exit::CommandResult,
    reading::path_as_text,
    terminal::{Progress, note},
    usage::UsageError,
};

/// Remove dead letters. Each is written to a file first.
#[derive(Debug, Args, Serialize)]
pub(super) struct DiscardArgs {
    #[command(flatten)]
    #[serde(flatten)]
    chosen: ChosenArgs,
    /// The file to write them to, in the form of `export`. It must not exist yet.
    #[arg(long, value_name = "FILE")]
    #[serde(serialize_with = "path_as_text")]
    to: PathBuf,
    /// Do not ask for confirmation. Required where there is no terminal.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn discard(context: &Context<'_>, args: &DiscardArgs) -> CommandResult {
    let selection = args.chosen.letters.selection(context)?;
    let session = DeadLetterSession::open(context).await?;
    if !args.yes {
        if !io::stdin().is_terminal() {
            return Err(UsageError::NotATerminal.into());
        }
        let found = session.count(&selection).await?;
        if !confirm(&format!("Discard {} dead letters? They are kept in {}.", found, args.to.display()))? {
            note("nothing was discarded");
            return Ok(ExitCode::FAILURE);
        }
    }
    let kept_at = |source| format!("can't keep dead letters in {}: {source}", args.to.display());
    let folder = Folder::at(args.to.parent().unwrap_or(&args.to)).map_err(kept_at)?;
    let name = args.to.file_name().unwrap_or_default();
    let dead_letters = session.begin(AccessAction::Discard, args).await?;
    let mut tally = RepairProgress::default();
    let progress = Progress::new();
    let outcome = dead_letters.discard(&selection, folder, name, |now| {
        progress.update(now.seen, now.total);
        tally = now;
    });
    let outcome = outcome.await;
    drop(progress);
    match tally.done {
        0 => note("0 discarded"),
        done => note(&format!("{done} discarded, and kept in {}", args.to.display())),
    }
    session.end(AccessAction::DiscardEnd, args, tally.done).await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Asks on the terminal. Everything but yes means no.
fn confirm(question: &str) -> io::Result<bool> {
    write!(io::stderr(), "{} [y/N] ", visible(question))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
