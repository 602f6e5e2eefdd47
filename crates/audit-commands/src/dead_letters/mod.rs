mod discard;
mod export;
mod list;
mod replay;
mod selection;
mod session;
mod show;

use clap::{Args, Subcommand};

use crate::{context::Context, exit::CommandResult};

/// Look at messages that could not be stored, and repair them: put them back, or take them away.
///
/// All of it can be done while the service runs. Meanwhile a second such command does not see the messages that the
/// first one holds. Each use is recorded like a read.
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
