mod discard;
mod export;
mod list;
mod replay;
mod selection;
mod session;
mod show;

use clap::{Args, Subcommand};

use crate::{context::Context, exit::CommandResult};

/// Inspect, replay or discard messages that could not be stored.
///
/// The service may keep running. While one of these commands runs, another one does not see the messages that the first
/// one holds. Every use is recorded in the access log.
#[derive(Debug, Args)]
pub struct DeadLettersArgs {
    /// What to do with them.
    #[command(subcommand)]
    action: DeadLettersAction,
}

#[derive(Debug, Subcommand)]
enum DeadLettersAction {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Export(export::ExportArgs),
    Replay(replay::ReplayArgs),
    Discard(discard::DiscardArgs),
}

pub(crate) async fn dead_letters(context: &Context<'_>, args: &DeadLettersArgs) -> CommandResult {
    match &args.action {
        DeadLettersAction::List(args) => list::list(context, args).await,
        DeadLettersAction::Show(args) => show::show(context, args).await,
        DeadLettersAction::Export(args) => export::export(context, args).await,
        DeadLettersAction::Replay(args) => replay::replay(context, args).await,
        DeadLettersAction::Discard(args) => discard::discard(context, args).await,
    }
}
