//! One command, one file.

mod contract;
mod dead_letters;
mod domains;
mod duplicates;
mod export;
mod health;
mod import;
mod migrate;
mod progress;
mod publish;
mod reading;
mod roles;
mod search;
mod serve;
mod stats;
mod tail;
mod timeline;
mod token;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use audit_core::terminal::{visible, visible_json};
use serde::Serialize;

use crate::{
    cli::{Cli, Command},
    domains::all,
    role_watch::RoleRejection,
    telemetry,
};
use audit_config::Loaded;

/// As the command line's own mistakes end.
const EX_COMMAND_LINE: u8 = 2;
/// sysexits.h: something was found in an unconfigured or misconfigured state.
const EX_CONFIG: u8 = 78;

type CommandResult = Result<ExitCode, Box<dyn Error>>;

/// Runs a command. An error is printed here, once.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Config(args) = &command
        && args.default
    {
        return finish(print(audit_config::MANUAL));
    }
    let loaded = match Loaded::read(cli.config.as_deref(), &all()) {
        Ok(loaded) => loaded,
        Err(error) => {
            complain(&error);
            return ExitCode::from(EX_CONFIG);
        }
    };
    telemetry::start(&loaded.config.telemetry);
    finish(match command {
        Command::Serve => run_async(serve::serve(&loaded.config)),
        Command::Migrate(args) => run_async(migrate::migrate(&loaded.config, args.action)),
        Command::Config(_) => print(loaded.show()),
        Command::Domains(args) if args.duplicates => run_async(duplicates::duplicates(&loaded.config, &args)),
        Command::Domains(args) => run_async(domains::domains(&loaded.config, args.json)),
        Command::Publish(args) => run_async(publish::publish(&loaded.config, &args)),
        Command::Contract(args) => contract::contract(&loaded.config, &args.action),
        Command::DeadLetters(args) => run_async(dead_letters::dead_letters(&loaded.config, &args.action)),
        Command::Import(args) => run_async(import::import(&loaded.config, &args)),
        Command::Search(args) => run_async(search::search(&loaded.config, &args)),
        Command::Timeline(args) => run_async(timeline::timeline(&loaded.config, &args)),
        Command::Stats(args) => run_async(stats::stats(&loaded.config, &args)),
        Command::Export(args) => run_async(export::export(&loaded.config, &args)),
        Command::Tail(args) => run_async(tail::tail(&loaded.config, &args)),
        Command::Health(args) => health::health(&loaded.config, args.question),
        Command::Token(args) => token::token(&loaded.config, &args.action),
    })
}

fn run_async(command: impl Future<Output = CommandResult>) -> CommandResult {
    // The service moves events, it computes little: one thread, beside the broker connection's own, is enough for
    // far more than one broker delivers, and spares the switching between several.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let outcome = runtime.block_on(command);
    // Whatever still runs has been given up: the end does not wait for it.
    runtime.shutdown_background();
    outcome
}

fn finish(outcome: CommandResult) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        complain(&*error);
        match error.downcast_ref() {
            Some(RoleRejection::Powerful(_)) => ExitCode::from(EX_CONFIG),
            _ if error.is::<reading::UsageError>() => ExitCode::from(EX_COMMAND_LINE),
            _ => ExitCode::FAILURE,
        }
    })
}

/// Writes to standard output; that its reader has gone away is no error.
fn print(text: impl AsRef<[u8]>) -> CommandResult {
    match io::stdout().lock().write_all(text.as_ref()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// An answer for programs, which steers no terminal all the same.
fn in_json(answer: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_string_pretty(answer)?;
    Ok(format!("{}\n", visible_json(&json)).into_bytes())
}

/// An error with its causes, each unless the text before has said it already. It may quote what others have written.
fn complain(error: &dyn Error) {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    // Standard error may be closed; then there is nobody to tell.
    let _ = writeln!(io::stderr(), "log-service: {}", visible(&message));
}
