//! The arguments of `import`.

use audit_core::Domain;
use chrono_tz::Tz;
use clap::Args;
use secrecy::SecretString;

use super::{domain, reading::zone};

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The original's database: `postgres://USER@HOST/DATABASE`, or `jdbc:postgresql://…` as the original has it, with
    /// `?user=…`. Its password is best given in `PGPASSWORD` or `~/.pgpass`; in the URL others can see it.
    #[arg(long, value_name = "URL")]
    pub from: SecretString,
    /// The schema of the original's tables.
    #[arg(long, value_name = "NAME", default_value = "log_service")]
    pub schema: String,
    /// Only the table of this domain, such as `payment`. Repeat it for several.
    #[arg(long, value_name = "NAME", value_parser = domain)]
    pub domain: Vec<Domain>,
    /// The zone of the original's times, which have none; otherwise that of the configuration, `ingest.naive_time_zone`.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<Tz>,
    /// Only compare, and store nothing.
    #[arg(long)]
    pub verify_only: bool,
}
