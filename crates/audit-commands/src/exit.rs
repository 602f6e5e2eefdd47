//! How a command ends: its exit status, and the error that is printed.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use audit_core::terminal::visible;

use crate::usage::UsageError;

/// The exit status of clap's own errors.
const EX_COMMAND_LINE: u8 = 2;
/// sysexits.h: something was found in an unconfigured or misconfigured state.
const EX_CONFIG: u8 = 78;

/// The exit status of a command, or the error that ended it.
pub type CommandResult = Result<ExitCode, Box<dyn Error>>;

/// An error of the configuration. It has an exit status of its own.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Misconfigured(Box<dyn Error>);

impl Misconfigured {
    /// Wraps an error that only a change of the configuration fixes.
    #[must_use]
    pub fn new(error: impl Error + 'static) -> Self {
        Self(Box::new(error))
    }
}

/// Runs a command to its end.
pub fn block_on(command: impl Future<Output = CommandResult>) -> CommandResult {
    // The service moves events, it computes little: one thread, beside the broker connection's own, is enough for
    // far more than one broker delivers, and spares the switching between several.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let outcome = runtime.block_on(command);
    // Whatever still runs has been given up: the end does not wait for it.
    runtime.shutdown_background();
    outcome
}

/// The exit status of an outcome. An error is printed here, once.
#[must_use]
pub fn exit_code(outcome: CommandResult) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        print_error(&*error);
        if error.is::<Misconfigured>() {
            ExitCode::from(EX_CONFIG)
        } else if error.is::<UsageError>() {
            ExitCode::from(EX_COMMAND_LINE)
        } else {
            ExitCode::FAILURE
        }
    })
}

/// Prints the help that was asked for, or what is wrong with the arguments, and returns the exit status. Arguments may
/// come from others, through a script, so no terminal obeys what they contain.
#[must_use]
pub fn usage_exit_code(error: &clap::Error) -> ExitCode {
    // If the output is closed, nobody can be told.
    let _ = if error.use_stderr() {
        let text = error.render().to_string();
        let lines: Vec<_> = text.lines().map(visible).collect();
        writeln!(io::stderr(), "{}", lines.join("\n"))
    } else {
        error.print()
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}

/// Prints an error with its causes, leaving out those that the text before contains. They may quote what others have
/// written.
fn print_error(error: &dyn Error) {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    // If standard error is closed, nobody can be told.
    let _ = writeln!(io::stderr(), "log-service: {}", visible(&message));
}
