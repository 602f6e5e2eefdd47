use std::{error::Error, process::ExitCode};

use audit_dead_letters::{Count, Listing, Overview, Summary};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{selection::SelectionArgs, session::DeadLetterSession};
use crate::{
    context::Context,
    exit::CommandResult,
    reading::time,
    terminal::{Line, Progress, Table, note, print, to_json},
};

/// Count dead letters by domain and reason, and list the oldest.
#[derive(Debug, Args, Serialize)]
pub(super) struct ListArgs {
    /// Maximum number to list; all are counted.
    #[arg(long, value_name = "N", default_value_t = Listing::DEFAULT, value_parser = clap::value_parser!(u16).range(0..=i64::from(Listing::MAX)))]
    limit: u16,
    /// Show the beginning of each body. Bodies may contain personal data.
    #[arg(long)]
    preview: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
    #[command(flatten)]
    #[serde(flatten)]
    letters: SelectionArgs,
}

/// What a list of dead letters looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum ListFormat {
    /// For people.
    #[default]
    Table,
    /// One object: the list in `items`, and the counts.
    Json,
}

/// Dead letters for programs.
#[derive(Debug, Serialize)]
struct Answer<'o> {
    items: &'o [Summary],
    counts: &'o [Count],
}

pub(super) async fn list(context: &Context<'_>, args: &ListArgs) -> CommandResult {
    let selection = args.letters.selection(context)?;
    let session = DeadLetterSession::open(context).await?;
    let listing = Listing { limit: args.limit.into(), preview: args.preview };
    let progress = Progress::new();
    let watch = |seen, total| progress.update(seen, total);
    let overview = session.overview(&selection, listing, watch).await?;
    drop(progress);
    let overview = session.release(overview, args).await?;
    match args.format {
        ListFormat::Json => {
            print(to_json(&Answer { items: &overview.letters, counts: &overview.counts })?)?;
        }
        ListFormat::Table => print_tables(&overview, args.preview, session.zone())?,
    }
    let left = overview.total().saturating_sub(overview.letters.len() as u64);
    match overview.total() {
        0 => note("no dead letters"),
        _ if left > 0 && args.limit > 0 => {
            note(&format!("{left} more are not shown: raise --limit to see them"));
        }
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn print_tables(overview: &Overview, preview: bool, zone: Tz) -> Result<(), Box<dyn Error>> {
    counts(&overview.counts).print()?;
    if !overview.letters.is_empty() {
        print("\n")?;
        letters(&overview.letters, preview, zone).print()?;
    }
    Ok(())
}

fn counts(counts: &[Count]) -> Table {
    let line = |count: &Count| Line {
        heading: None,
        cells: vec![
            count.domain.to_string(),
            count.reason.to_string(),
            count.replayed.to_string(),
            count.letters.to_string(),
        ],
        is_failure: false,
    };
    Table {
        header: ["DOMAIN", "REASON", "REPLAYED", "LETTERS"].map(str::to_owned).into(),
        lines: counts.iter().map(line).collect(),
        ends_with_number: true,
    }
}

fn letters(letters: &[Summary], preview: bool, zone: Tz) -> Table {
    let line = |letter: &Summary| Line {
        heading: None,
        cells: [
            letter.id.to_string(),
            letter.time.map_or_else(|| "unknown".to_owned(), |at| time(at, zone)),
            letter.domain.to_string(),
            letter.reason.to_string(),
            letter.field.clone().unwrap_or_default(),
            letter.replays.to_string(),
            letter.bytes.to_string(),
        ]
        .into_iter()
        .chain(letter.preview.clone())
        .collect(),
        is_failure: false,
    };
    let header = ["DOMAIN", "REASON", "FIELD", "REPLAYS", "BYTES"].map(str::to_owned);
    let header = ["ID".to_owned(), format!("TIME ({zone})")].into_iter().chain(header);
    Table {
        header: header.chain(preview.then(|| "BODY".to_owned())).collect(),
        lines: letters.iter().map(line).collect(),
        ends_with_number: !preview,
    }
}
