//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Stores the log events of the Tickatch services: from RabbitMQ into append-only tables.
///
/// Without a command, it serves. `log-service config --default` prints the manual of its configuration.
///
/// Exit status: 0 when all went well, 78 when the configuration can't be used, 2 when the command line can't,
/// and 1 for everything else.
#[derive(Debug, Parser)]
#[command(name = "log-service", version)]
pub struct Cli {
    /// The configuration file; otherwise `log-service.toml` in the working directory, if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What log-service can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Consume the queues and store the events, until SIGTERM or Ctrl-C. This is the default.
    Serve,
    /// Bring the database's schema to this program's version, or show its versions.
    Migrate(MigrateArgs),
    /// Print the effective configuration and where each value came from. Secrets are hidden.
    Config(ConfigArgs),
    /// List the domains: table, queue, routing key, and how many rows are stored.
    Domains(DomainsArgs),
    /// Publish events from files, confirmed by the broker.
    ///
    /// A file holds one event a line (NDJSON): an object with `exchange`, `routing_key`, `properties` and
    /// `body`, as in the `samples.ndjson` of each domain's crate. `exchange` and `properties` may be left out.
    /// Lines that can't be sent are listed on standard error with number and reason, and the exit status is 1.
    Publish(PublishArgs),
}

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// What to do with the schema.
    #[command(subcommand)]
    pub action: MigrateAction,
}

/// What `migrate` can do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum MigrateAction {
    /// Bring the schema to the newest version. Several processes may do this at once.
    Up,
    /// Show all versions and whether the database has them. Changes nothing.
    Status,
}

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the manual instead: every key with its default and what it means, as a file to start from.
    #[arg(long)]
    pub default: bool,
}

/// Arguments of `domains`.
#[derive(Debug, Args)]
pub struct DomainsArgs {
    /// Print a JSON array instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Files to read, one event a line; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Publish everything to this exchange, whatever the lines say.
    #[arg(long, value_name = "NAME")]
    pub exchange: Option<String>,
}
