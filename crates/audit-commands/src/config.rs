use audit_config::{Loaded, MANUAL};
use clap::Args;

use crate::{exit::CommandResult, terminal::print};

/// Print the effective configuration and where each value came from. Secrets are hidden.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the manual instead: every key with its default and what it means, as a file to start from.
    #[arg(long)]
    default: bool,
}

impl ConfigArgs {
    pub(crate) fn print_manual(&self) -> Option<CommandResult> {
        self.default.then(|| print(MANUAL))
    }
}

pub(crate) fn show(loaded: &Loaded) -> CommandResult {
    print(loaded.show())
}
