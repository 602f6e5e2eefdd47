//! The command line.

mod choices;
mod contract;
mod dead_letters;
mod import;
mod reading;
mod roles;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use audit_auth::Role;
use audit_core::{Domain, terminal::visible};
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::domains;

pub use choices::{
    EntryFormat, ExportFormat, HealthQuestion, ListFormat, ShowFormat, StatsFormat, TailFormat,
};
pub use contract::{CheckArgs, ContractAction, ContractArgs, SchemasArgs};
pub use dead_letters::{
    DeadLettersAction, DeadLettersArgs, DiscardArgs, ExportLettersArgs, LettersArgs, ListArgs, ReplayArgs,
    ShowArgs,
};
pub use import::ImportArgs;
pub use reading::{ExportArgs, SearchArgs, Since, StatsArgs, TailArgs, TimelineArgs, WhatArgs, WhenArgs};
pub use roles::RolesArgs;

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
    /// Bring the database's schema to this program's version, show its versions, or give roles their rights.
    Migrate(MigrateArgs),
    /// Print the effective configuration and where each value came from. Secrets are hidden.
    Config(ConfigArgs),
    /// List the domains: table, queue, routing key, and how many rows are stored; or ids that name several events.
    Domains(DomainsArgs),
    /// Publish events from files, confirmed by the broker.
    ///
    /// A file holds one event a line (NDJSON): an object with `exchange`, `routing_key`, `properties` and
    /// `body`, as in the `samples.ndjson` of each domain's crate. `exchange` and `properties` may be left out. A body
    /// that is no JSON stands in `body_text` or `body_base64` instead. Exported dead letters have this form.
    /// Lines that can't be sent are listed on standard error with number and reason, and the exit status is 1.
    Publish(PublishArgs),
    /// Print what is promised to publishers, or check messages against it.
    Contract(ContractArgs),
    /// Look at messages that could not be stored, and repair them: put them back, or take them away.
    ///
    /// All of it can be done while the service runs. Meanwhile a second such command does not see the messages that the
    /// first one holds. Each use is recorded like a read.
    DeadLetters(DeadLettersArgs),
    /// Copy the tables of the original Java service into ours, and compare them.
    ///
    /// What is there already is left alone, so it can be run again at any time: after an interruption, and for what has
    /// come since. In the end each table is read once more and compared by counts and checksums, ours with the
    /// original's. If ours lacks something or has something else, the exit status is 1. The original is only read.
    /// docs/migrating-from-java.md tells the steps of moving over.
    Import(ImportArgs),
    /// Show the events that filters name, a page at a time, those of all domains merged.
    ///
    /// Several values of one filter mean any of them; different filters must all hold. Every read is recorded,
    /// with who asked what.
    Search(SearchArgs),
    /// Tell the story of one case over all domains, from whatever is at hand.
    Timeline(TimelineArgs),
    /// Count events.
    Stats(StatsArgs),
    /// Write all events that filters name, as CSV, for a spreadsheet, or as NDJSON. If the file is not complete, the exit status is 1.
    Export(ExportArgs),
    /// Print events in the order of storing, from now on or from a position.
    ///
    /// In the end the position is printed to standard error: a later `--since` goes on there, and nothing is
    /// given twice or left out.
    Tail(TailArgs),
    /// Ask the service that runs on this machine how it is, at the address of the configuration.
    ///
    /// Prints what it says. The exit status is 0 if what was asked after is up, and 1 if not, or if nobody answers.
    Health(HealthArgs),
    /// Make API tokens for those who read over HTTP.
    Token(TokenArgs),
}

/// Arguments of `migrate`.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// What to do with the schema.
    #[command(subcommand)]
    pub action: MigrateAction,
}

/// What `migrate` can do.
#[derive(Debug, Subcommand)]
pub enum MigrateAction {
    /// Bring the schema to the newest version. Several processes may do this at once.
    Up,
    /// Show all versions and whether the database has them. Changes nothing.
    Status,
    /// Print the SQL that makes PostgreSQL's roles: an owner, who migrates, a writer, who runs the service, and a reader.
    ///
    /// It gives the schema and all that is in it to the owner, whosever it was, and writer and reader the rights that
    /// they need, and no others. It is for a superuser, or for a role with CREATEROLE that is a member of today's
    /// owner, and can be run again at any time. Roles that are there are used as they are; passwords are set afterwards, by
    /// psql's \password.
    Roles(RolesArgs),
}

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// What to ask after.
    #[arg(value_name = "WHAT", value_enum, default_value_t)]
    pub question: HealthQuestion,
}

/// Arguments of `token`.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What to do with tokens.
    #[command(subcommand)]
    pub action: TokenAction,
}

/// What `token` can do.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Make a token: it is printed once, and the file `web.tokens_file` keeps only what it can be checked with.
    ///
    /// A running service knows the token at once. To take it back, delete its entry from the file.
    New(NewTokenArgs),
}

/// Arguments of `token new`.
#[derive(Debug, Args)]
pub struct NewTokenArgs {
    /// Whose it is, as the record of reading names the reader.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What it may do: `auditor` (everything), `support` (search and timeline), `ops` (health, metrics, dead letters).
    /// Repeat it for several.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    pub roles: Vec<Role>,
    /// For how many days it is good.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
    /// The file, if it is not that of the configuration.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Arguments of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Print the manual instead: every key with its default and what it means, as a file to start from.
    #[arg(long)]
    pub default: bool,
}

/// Arguments of `domains`.
#[derive(Debug, Args, Serialize)]
pub struct DomainsArgs {
    /// Print a JSON array instead of a table.
    #[arg(long)]
    #[serde(skip)]
    pub json: bool,
    /// List the ids that name several events instead, with the times of the first and the last one. The exit status is
    /// 1 if there are any.
    ///
    /// Every table is read as a whole, however long that takes. The read is recorded.
    #[arg(long)]
    pub duplicates: bool,
    /// The most ids of each domain.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "duplicates", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
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

/// Shows the help that was asked for, or says what is wrong with the arguments. These may come from a script, which has
/// them from others: so they steer no terminal.
#[must_use]
pub fn tell(error: &clap::Error) -> ExitCode {
    // Whoever would read it may have gone away.
    let _ = if error.use_stderr() {
        let text = error.render().to_string();
        let lines: Vec<_> = text.lines().map(visible).collect();
        writeln!(io::stderr(), "{}", lines.join("\n"))
    } else {
        error.print()
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}

/// Reads a domain's name.
fn domain(name: &str) -> Result<Domain, String> {
    let domains: Vec<_> = domains::all().iter().map(audit_core::store::DomainLog::domain).collect();
    let names = || domains.iter().map(|domain| domain.name()).collect::<Vec<_>>().join(", ");
    let found = domains.iter().copied().find(|domain| domain.name() == name);
    found.ok_or_else(|| format!("the domains are {}", names()))
}
