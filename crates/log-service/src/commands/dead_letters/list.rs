use std::process::ExitCode;

use audit_dead_letters::{Count, Listing, Overview, Selection, Summary};
use chrono_tz::Tz;

use super::Desk;
use crate::{
    cli::{ListArgs, ListFormat},
    commands::{
        CommandResult, in_json, print,
        progress::Progress,
        reading::{Line, Look, Table, note, time},
    },
};

pub(super) async fn list(desk: &Desk<'_>, args: &ListArgs) -> CommandResult {
    let listing = Listing { limit: args.limit.into(), preview: args.preview };
    let progress = Progress::new();
    let watch = |seen, total| progress.at(seen, total);
    let overview = desk.dead_letters.overview(&Selection::from(&args.letters), listing, watch).await?;
    drop(progress);
    desk.record("DEAD_LETTERS", args, overview.letters.len().try_into()?).await?;
    match args.format {
        ListFormat::Json => print(in_json(&overview)?)?,
        ListFormat::Table => print(tables(&overview, args.preview, desk.reading.zone(None)))?,
    };
    let left = overview.total().saturating_sub(overview.letters.len() as u64);
    match overview.total() {
        0 => note("no dead letters"),
        _ if left > 0 && args.limit > 0 => {
            note(&format!("{left} more are not listed; --limit says how many are"));
        }
        _ => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn tables(overview: &Overview, preview: bool, zone: Tz) -> String {
    let mut shown = String::new();
    if !overview.counts.is_empty() {
        shown.push_str(&counts(&overview.counts));
    }
    if !overview.letters.is_empty() {
        shown.push('\n');
        shown.push_str(&letters(&overview.letters, preview, zone));
    }
    shown
}

fn counts(counts: &[Count]) -> String {
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
        header: ["DOMAIN", "REASON", "PUT BACK BEFORE", "LETTERS"].map(str::to_owned).into(),
        lines: counts.iter().map(line).collect(),
        ends_with_number: true,
    }
    .show(Look::of_stdout())
}

fn letters(letters: &[Summary], preview: bool, zone: Tz) -> String {
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
        header: header.chain(preview.then(|| "BEGINS WITH".to_owned())).collect(),
        lines: letters.iter().map(line).collect(),
        ends_with_number: !preview,
    }
    .show(Look::of_stdout())
}
