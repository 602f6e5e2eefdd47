mod broker;
mod database;
mod report;

use std::{error::Error, process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};

use self::report::{Check, Report};
use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{self, TerminalStyle},
};

/// Check that the service can run here: configuration, broker and queues, database, schema and rights.
///
/// Says for each what is missing and what to do about it, and changes nothing: nothing is declared, migrated or created.
/// The exit status is 0 if nothing is missing, and 1 otherwise. To check messages, use `log-service contract check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: CheckFormat,
}

/// What a report looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum CheckFormat {
    /// One line per check, for people.
    #[default]
    Text,
    /// One object, with the checks in `items`.
    Json,
}

/// The longest that broker and database are waited for, each. They are checked at the same time.
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) async fn check(context: &Context<'_>, args: &CheckArgs) -> CommandResult {
    let (broker, database) = tokio::join!(
        within_timeout("broker", Box::pin(broker::check(context))),
        within_timeout("database", Box::pin(database::check(context))),
    );
    let mut report = Report::new(vec![Check::ok("configuration", "every value can be used")]);
    report.add(broker);
    report.add(database);
    print(&report, args)
}

/// Reports a configuration that can't be used. Without one, nothing else can be checked.
pub(crate) fn misconfigured(error: &dyn Error, args: &CheckArgs) -> CommandResult {
    const SKIPPED: &str = "not checked: it needs the configuration";
    print(
        &Report::new(vec![
            Check::problem("configuration", error.to_string(), None),
            Check::skipped("broker", SKIPPED),
            Check::skipped("database", SKIPPED),
        ]),
        args,
    )
}

fn print(report: &Report, args: &CheckArgs) -> CommandResult {
    match args.format {
        CheckFormat::Text => terminal::print(report.text(TerminalStyle::of_stdout()))?,
        CheckFormat::Json => terminal::print(terminal::to_json(report)?)?,
    };
    Ok(if report.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn within_timeout(name: &str, checking: impl Future<Output = Vec<Check>>) -> Vec<Check> {
    let checked = tokio::time::timeout(TIMEOUT, checking).await;
    checked.unwrap_or_else(|_| {
        vec![Check::problem(name, format!("no answer within {} s", TIMEOUT.as_secs()), None)]
    })
}
