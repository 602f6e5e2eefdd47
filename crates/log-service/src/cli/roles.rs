use clap::Args;
use migration::{RoleName, Roles};

/// Arguments of `migrate roles`.
#[derive(Debug, Args)]
pub struct RolesArgs {
    /// Who migrates.
    #[arg(long, value_name = "NAME", default_value = "log_owner")]
    owner: RoleName,
    /// Who runs the service.
    #[arg(long, value_name = "NAME", default_value = "log_writer")]
    writer: RoleName,
    /// Who only reads.
    #[arg(long, value_name = "NAME", default_value = "log_reader")]
    reader: RoleName,
    /// Run the SQL over the configured connection in place of printing it.
    #[arg(long)]
    pub apply: bool,
    /// Change nothing: list what the configured role could do to the log. The exit status is 1 if there is anything.
    #[arg(long, conflicts_with_all = ["apply", "owner", "writer", "reader"])]
    pub check: bool,
}

impl RolesArgs {
    /// The roles that are asked for.
    #[must_use]
    pub fn roles(&self) -> Roles {
        Roles { owner: self.owner.clone(), writer: self.writer.clone(), reader: self.reader.clone() }
    }
}
