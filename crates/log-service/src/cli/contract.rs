//! The arguments of `contract`.

use std::path::PathBuf;

use audit_core::Domain;
use clap::{ArgGroup, Args, Subcommand};

use super::domain;

/// Arguments of `contract`.
#[derive(Debug, Args)]
pub struct ContractArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub action: ContractAction,
}

/// What `contract` can do.
#[derive(Debug, Subcommand)]
pub enum ContractAction {
    /// Print the AsyncAPI document: exchange, queues, keys, messages, headers, examples.
    Asyncapi,
    /// Write the JSON Schema of each domain's events to a folder, or print that of one domain.
    Schemas(SchemasArgs),
    /// Say of messages what would become of them: stored, with something unknown, or refused and why.
    ///
    /// Nothing is stored or published. Files have the form that `publish` takes. The exit status is 1 if something is
    /// refused; with `--strict`, also if something is unknown or only reads. What only the database could refuse is not seen:
    /// an event that is there already with other content.
    Check(CheckArgs),
}

/// Arguments of `contract schemas`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("where").required(true).args(["to", "domain"])))]
pub struct SchemasArgs {
    /// Write `<domain>.schema.json` of every domain to this folder.
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
    /// Print the schema of this domain.
    #[arg(long, value_name = "NAME", value_parser = domain)]
    pub domain: Option<Domain>,
}

/// Arguments of `contract check`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["files", "watch"])))]
pub struct CheckArgs {
    /// Files to read, one event a line; `-` is standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Check what is published from now on, until Ctrl-C. Every message still reaches its own queue.
    #[arg(long)]
    pub watch: bool,
    /// Watch only the events of this domain. Repeat it for several.
    #[arg(long, value_name = "NAME", value_parser = domain, requires = "watch")]
    pub domain: Vec<Domain>,
    /// End the watch after so many seconds.
    #[arg(long = "for", value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: Option<u32>,
    /// End the watch after so many messages.
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Unknown fields and actions, and actions that only read, are failures too.
    #[arg(long)]
    pub strict: bool,
    /// Show the values of the columns, or what exactly was refused. These may hold personal data.
    #[arg(long)]
    pub verbose: bool,
}
