//! What is promised to publishers, printed and checked.

mod asyncapi;
mod check;
mod schemas;

use super::{CommandResult, print, run_async};
use audit_config::Config;

use crate::{cli::ContractAction, domains::served};

pub(super) fn contract(config: &Config, action: &ContractAction) -> CommandResult {
    match action {
        ContractAction::Asyncapi => {
            print(format!("{:#}\n", asyncapi::document(&config.topology(), &served())?))
        }
        ContractAction::Schemas(args) => schemas::schemas(args),
        ContractAction::Check(args) if args.watch => run_async(check::watch(config, args)),
        ContractAction::Check(args) => check::files(config, args),
    }
}
