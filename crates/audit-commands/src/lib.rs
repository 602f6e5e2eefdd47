#![doc = include_str!("../README.md")]

mod config;
mod context;
mod contract;
mod dead_letters;
mod domains;
mod exit;
mod export;
mod health;
mod import;
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

use audit_config::Loaded;
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
    Health(health::HealthArgs),
    Token(token::TokenArgs),
}

impl Command {
    /// Runs the command if it needs no configuration. The manual is printed even if the configuration is invalid.
    #[must_use]
    pub fn run_unconfigured(&self) -> Option<CommandResult> {
        match self {
            Self::Config(args) => args.print_manual(),
            _ => None,
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
            Self::Health(args) => health::health(&context, &args),
            Self::Token(args) => token::token(&context, &args),
        }
    }
}
