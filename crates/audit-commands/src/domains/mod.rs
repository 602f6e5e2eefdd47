mod duplicates;
mod list;
mod whole_table;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::{context::Context, exit::CommandResult, reading::recorded_arguments};

/// List the domains with table, queue, routing key and number of rows, or find duplicate ids.
#[derive(Debug, Args, Serialize)]
pub struct DomainsArgs {
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    #[serde(skip)]
    format: DomainsFormat,
    /// Print a JSON array, as before there was `--format`.
    #[arg(long, hide = true, conflicts_with = "format")]
    #[serde(skip)]
    json: bool,
    /// Find ids that several events share instead, with the times of the first and last one. The exit status is 1 if
    /// there are any.
    ///
    /// This reads every table completely, however long that takes, and is recorded in the access log.
    #[arg(long)]
    duplicates: bool,
    /// Maximum number of ids for each domain.
    #[arg(long, value_name = "N", default_value_t = 100, requires = "duplicates", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

/// What a list looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum DomainsFormat {
    /// For people.
    #[default]
    Table,
    /// One object, the list in `items`.
    Json,
    /// The list alone, of `--json`.
    #[value(skip)]
    Array,
}

pub(crate) async fn domains(context: &Context<'_>, args: &DomainsArgs) -> CommandResult {
    let format = if args.json { DomainsFormat::Array } else { args.format };
    if args.duplicates {
        duplicates::duplicates(context, args.limit, format, recorded_arguments(args)?).await
    } else {
        list::list(context, format).await
    }
}
