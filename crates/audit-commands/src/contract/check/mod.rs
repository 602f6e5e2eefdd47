//! What would become of messages, found out without storing them.

mod checker;
mod files;
mod report;
mod watch;

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use self::{checker::Checker, report::Report, watch::Watch};
use crate::{context::Context, exit::CommandResult};

/// Check messages: would they be stored, do they have anything unknown, or would they be refused, and why?
///
/// Nothing is stored or published. Files have the form that `publish` takes. The exit status is 1 if a
/// message is refused; with `--strict`, also if something is unknown or only reads. Conflicts with stored events are not
/// detected.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["files", "watch"])))]
pub(super) struct CheckArgs {
    /// Files to read, one event a line; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Check what is published from now on, until Ctrl-C. Every message still reaches its own queue.
    #[arg(long)]
    watch: bool,
    /// Watch only the events of this domain. Can be repeated.
    #[arg(long, value_name = "NAME", requires = "watch")]
    domain: Vec<String>,
    /// End the watch after so many seconds.
    #[arg(long = "for", value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
    /// End the watch after so many messages.
    #[arg(long, value_name = "N", requires = "watch", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Unknown fields and actions, and actions that only read, are failures too.
    #[arg(long)]
    strict: bool,
    /// Show the values of the columns, or what exactly was refused. These may hold personal data.
    #[arg(long)]
    verbose: bool,
}

pub(super) async fn check(context: &Context<'_>, args: &CheckArgs) -> CommandResult {
    let checker = Checker::new(context.logs(), context.config.ingest_settings());
    let report = Report::new(args.verbose, args.strict);
    if !args.watch {
        return files::check(context.config, &args.files, &checker, report);
    }
    let domains = context.domains_named(&args.domain)?;
    let watch = Watch { domains, seconds: args.seconds, limit: args.limit };
    watch.run(context.config, &checker, report).await
}
