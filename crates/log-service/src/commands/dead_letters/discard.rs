use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use audit_core::terminal::visible;
use audit_dead_letters::{Listing, RepairProgress, Selection};
use private_files::Folder;

use super::Desk;
use crate::{
    cli::DiscardArgs,
    commands::{
        CommandResult,
        progress::Progress,
        reading::{note, wrong},
    },
};

pub(super) async fn discard(desk: &Desk<'_>, args: &DiscardArgs) -> CommandResult {
    let selection = Selection::from(&args.chosen.letters);
    if !args.yes {
        if !io::stdin().is_terminal() {
            return Err(wrong("yes", "it where there is no terminal to ask on").into());
        }
        let found = desk.dead_letters.overview(&selection, Listing::default(), |_, _| {}).await?;
        if !is_agreed(&format!(
            "Discard {} dead letters? {} will keep them.",
            found.total(),
            args.to.display()
        ))? {
            note("nothing was discarded");
            return Ok(ExitCode::FAILURE);
        }
    }
    let kept_at = |source| format!("can't keep dead letters in {}: {source}", args.to.display());
    let folder = Folder::at(args.to.parent().unwrap_or(&args.to)).map_err(kept_at)?;
    let name = args.to.file_name().unwrap_or_default();
    desk.record("DISCARD", args, 0).await?;
    let mut tally = RepairProgress::default();
    let progress = Progress::new();
    let outcome = desk.dead_letters.discard(&selection, folder, name, |now| {
        progress.at(now.seen, now.total);
        tally = now;
    });
    let outcome = outcome.await;
    drop(progress);
    match tally.done {
        0 => note("0 discarded"),
        done => note(&format!("{done} discarded; {} keeps them", args.to.display())),
    }
    desk.record("DISCARD_END", args, tally.done).await?;
    outcome?;
    Ok(ExitCode::SUCCESS)
}

/// Asks on the terminal; everything but yes is no.
fn is_agreed(question: &str) -> io::Result<bool> {
    write!(io::stderr(), "{} [y/N] ", visible(question))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}
