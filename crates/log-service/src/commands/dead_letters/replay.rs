use std::process::ExitCode;

use audit_dead_letters::{RepairProgress, Replay, Selection};

use super::Desk;
use crate::{
    cli::ReplayArgs,
    commands::{CommandResult, progress::Progress, reading::note},
};

pub(super) async fn replay(desk: &Desk<'_>, args: &ReplayArgs) -> CommandResult {
    let ReplayArgs { chosen, again, dry_run } = args;
    let replay = Replay { selection: Selection::from(&chosen.letters), again: *again, dry_run: *dry_run };
    desk.record("REPLAY", args, 0).await?;
    let mut tally = RepairProgress::default();
    let progress = Progress::new();
    let outcome = desk.dead_letters.replay(&replay, |now| {
        progress.at(now.seen, now.total);
        tally = now;
    });
    let outcome = outcome.await;
    drop(progress);
    note(&told(tally, *dry_run));
    desk.record("REPLAY_END", args, if *dry_run { 0 } else { tally.done }).await?;
    outcome?;
    Ok(if tally.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(tally: RepairProgress, dry_run: bool) -> String {
    let RepairProgress { done, skipped, refused, .. } = tally;
    let mut told = if dry_run { format!("{done} would be put back") } else { format!("{done} put back") };
    if skipped > 0 {
        told = format!("{told}, {skipped} left alone (put back before; --again takes them too)");
    }
    if refused > 0 {
        told = format!("{told}, {refused} not taken by the broker");
    }
    told
}
