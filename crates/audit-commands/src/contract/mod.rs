mod asyncapi;
mod check;
mod schemas;

use clap::{Args, Subcommand};

use crate::{context::Context, exit::CommandResult, terminal::print};

/// Print the contract with publishers, or check messages against it.
#[derive(Debug, Args)]
pub struct ContractArgs {
    /// What to do with it.
    #[command(subcommand)]
    action: ContractAction,
}

#[derive(Debug, Subcommand)]
enum ContractAction {
    /// Print the AsyncAPI document: exchange, queues, keys, messages, headers, examples.
    Asyncapi,
    Schemas(schemas::SchemasArgs),
    Check(check::CheckArgs),
}

pub(crate) async fn contract(context: &Context<'_>, args: &ContractArgs) -> CommandResult {
    match &args.action {
        ContractAction::Asyncapi => {
            print(format!("{:#}\n", asyncapi::document(&context.config.topology(), context.domains)?))
        }
        ContractAction::Schemas(args) => schemas::schemas(context, args),
        ContractAction::Check(args) => check::check(context, args).await,
    }
}
