#![doc = include_str!("../README.md")]

mod check;
mod completions;
mod config;
mod context;
mod contract;
mod dead_letters;
mod domains;
mod exit;
mod export;
mod health;
mod import;
mod man;
mod migrate;
mod publish;
mod reading;
mod search;
mod signals;
mod stats;
mod tail;
mod terminal;
mod timeline;
mod token;
mod usage;

use std::process::ExitCode;

use audit_config::{ConfigError, Loaded};
use clap::Subcommand;

pub use context::DomainRegistration;
pub use exit::{CommandResult, Misconfigured, block_on, exit_code, usage_exit_code};
pub use signals::Signals;

use context::Context;

/// Every command but `serve`. A new one is a file of its own, a variant here, and its arm in [`Command::run`].
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the help of a command is the documentation of its arguments")]
pub enum Command {
    Migrate(migrate::MigrateArgs),
    Config(config::ConfigArgs),
    Domains(domains::DomainsArgs),
    Publish(publish::PublishArgs),
    Contract(contract::ContractArgs),
    DeadLetters(dead_letters::DeadLettersArgs),
    Import(import::ImportArgs),
    Search(search::SearchArgs),
    Timeline(timeline::TimelineArgs),
    Stats(stats::StatsArgs),
    Export(export::ExportArgs),
    Tail(tail::TailArgs),
    Check(check::CheckArgs),
    Health(health::HealthArgs),
    Token(token::TokenArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

impl Command {
    /// Runs the command if it needs no configuration, and so works with an invalid one. `program` is the whole command
    /// line.
    #[must_use]
    pub fn run_unconfigured(&self, program: impl FnOnce() -> clap::Command) -> Option<CommandResult> {
        match self {
            Self::Config(args) => args.print_manual(),
            Self::Completions(args) => Some(completions::completions(program(), args)),
            Self::Man(args) => Some(man::man(program(), args)),
            _ => None,
        }
    }

    /// Ends the command for want of a configuration that can be used.
    pub fn run_misconfigured(&self, error: ConfigError) -> CommandResult {
        match self {
            Self::Check(args) => check::misconfigured(&error, args),
            _ => Err(Misconfigured::new(error).into()),
        }
    }

    /// Runs the command for these domains.
    pub async fn run(self, loaded: &Loaded, domains: &[DomainRegistration]) -> CommandResult {
        let context = Context { config: &loaded.config, domains };
        match self {
            Self::Migrate(args) => migrate::migrate(&context, &args).await,
            Self::Config(_) => config::show(loaded),
            Self::Domains(args) => domains::domains(&context, &args).await,
            Self::Publish(args) => publish::publish(&context, &args).await,
            Self::Contract(args) => contract::contract(&context, &args).await,
            Self::DeadLetters(args) => dead_letters::dead_letters(&context, &args).await,
            Self::Import(args) => import::import(&context, &args).await,
            Self::Search(args) => search::search(&context, &args).await,
            Self::Timeline(args) => timeline::timeline(&context, &args).await,
            Self::Stats(args) => stats::stats(&context, &args).await,
            Self::Export(args) => export::export(&context, &args).await,
            Self::Tail(args) => tail::tail(&context, &args).await,
            Self::Check(args) => check::check(&context, &args).await,
            Self::Health(args) => health::health(&context, &args),
            Self::Token(args) => token::token(&context, &args),
            // They have run without a configuration.
            Self::Completions(_) | Self::Man(_) => Ok(ExitCode::SUCCESS),
        }
    }
}
