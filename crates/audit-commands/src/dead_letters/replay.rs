use std::process::ExitCode;

use audit_dead_letters::{RepairProgress, Replay};
use audit_query::AccessAction;
use clap::Args;
use serde::Serialize;

use super::{selection::ChosenArgs, session::DeadLetterSession};
use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{Progress, note},
};

/// Publish dead letters again, so that they are stored if possible. Each is removed once the broker has confirmed it.
///
/// Those that were replayed before and came back are skipped unless `--again` is given.
#[derive(Debug, Args, Serialize)]
pub(super) struct ReplayArgs {
    #[command(flatten)]
    #[serde(flatten)]
    chosen: ChosenArgs,
    /// Include those that were replayed before.
    #[arg(long)]
    again: bool,
    /// Only count what would be replayed.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn replay(context: &Context<'_>, args: &ReplayArgs) -> CommandResult {
    let ReplayArgs { chosen, again, dry_run } = args;
    let selection = chosen.letters.selection(context)?;
    let replay = Replay { selection, again: *again, dry_run: *dry_run };
    let session = DeadLetterSession::open(context).await?;
    let dead_letters = session.begin(AccessAction::Replay, args).await?;
    let mut tally = RepairProgress::default();
    let progress = Progress::new();
    let outcome = dead_letters.replay(&replay, |now| {
        progress.update(now.seen, now.total);
        tally = now;
    });
    let outcome = outcome.await;
    drop(progress);
    note(&summary(tally, *dry_run));
    session.end(AccessAction::ReplayEnd, args, if *dry_run { 0 } else { tally.done }).await?;
    outcome?;
    Ok(if tally.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(tally: RepairProgress, dry_run: bool) -> String {
    let RepairProgress { done, skipped, refused, .. } = tally;
    let mut text = if dry_run { format!("{done} would be replayed") } else { format!("{done} replayed") };
    if skipped > 0 {
        text = format!("{text}, {skipped} skipped (replayed before; --again includes them)");
    }
    if refused > 0 {
        text = format!("{text}, {refused} refused by the broker");
    }
    text
}
