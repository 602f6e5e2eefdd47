#![doc = include_str!("../README.md")]

mod domains;
mod health;
mod metrics;
mod partitions;
mod role_watch;
mod serve;
mod shutdown;
mod telemetry;
mod traces;
mod web;

use std::{path::PathBuf, process::ExitCode};

use audit_commands::{CommandResult, Misconfigured, block_on, exit_code, usage_exit_code};
use audit_config::Loaded;
use clap::{CommandFactory, Parser, Subcommand};

/// Stores the log events of the Tickatch services: from RabbitMQ into append-only tables.
///
/// Without a command, it runs the service. `log-service config --default` prints the manual of its configuration.
///
/// Exit status: 0 on success, 78 for a configuration that can't be used, 2 for an invalid command line, and 1 for
/// everything else.
#[derive(Debug, Parser)]
#[command(name = "log-service", version)]
struct Cli {
    /// The configuration file. Without it, `log-service.toml` in the working directory, if it exists.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// What to do.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Consume the queues and store the events, until SIGTERM or Ctrl-C. This is the default.
    Serve,
    #[command(flatten)]
    Other(audit_commands::Command),
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => exit_code(run(cli)),
        Err(error) => usage_exit_code(&error),
    }
}

fn run(cli: Cli) -> CommandResult {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Other(command) = &command
        && let Some(outcome) = command.run_unconfigured(Cli::command)
    {
        return outcome;
    }
    let loaded = match (Loaded::read(cli.config.as_deref(), &domains::logs()), &command) {
        (Ok(loaded), _) => loaded,
        (Err(error), Command::Serve) => return Err(Misconfigured::new(error).into()),
        (Err(error), Command::Other(command)) => return command.run_misconfigured(error),
    };
    telemetry::start(&loaded.config.telemetry);
    match command {
        Command::Serve => block_on(serve::serve(&loaded.config)),
        Command::Other(command) => block_on(command.run(&loaded, &domains::all())),
    }
}
