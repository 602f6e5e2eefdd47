use std::process::ExitCode;

use audit_query::{Cursor, Entry, Order, Page, PageRequest, Range, format::CsvWriter};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    CommandResult, in_json, print,
    reading::{
        Line, Look, Reading, Table, actor, csv, details, form_on_stdout, is_failure, ndjson, note, question,
        resource, say_assumed, time,
    },
};
use crate::cli::{EntryFormat, SearchArgs};
use audit_config::Config;

/// A page for programs.
#[derive(Debug, Serialize)]
struct Answer<'p> {
    entries: &'p [Entry],
    order: Order,
    range: Range,
    next_cursor: Option<String>,
    previous_cursor: Option<String>,
}

pub(super) async fn search(config: &Config, args: &SearchArgs) -> CommandResult {
    let reading = Reading::open(config).await?;
    let when = &args.filter.when;
    let filter = reading.filter(&args.filter.what, Some(when))?;
    let request = PageRequest { order: args.order.into(), limit: args.limit, cursor: args.cursor.clone() };
    let page = reading.queries.search(&filter, &request).await?;
    let rows = u64::try_from(page.entries.len())?;
    reading.record("SEARCH", None, &question(args)?, rows).await?;

    say_assumed(&reading, page.range, filter.range.to.is_some());
    let answer = match args.format {
        EntryFormat::Table => table(&page.entries, reading.zone(when.time_zone)).into_bytes(),
        EntryFormat::Json => json(&page)?,
        EntryFormat::Csv | EntryFormat::Spreadsheet => {
            let own = reading.queries.own_columns_of(&filter);
            let csv_for = form_on_stdout(args.format == EntryFormat::Spreadsheet);
            csv(&CsvWriter::new(own, when.time_zone.unwrap_or(Tz::UTC), csv_for), &page.entries)
        }
        EntryFormat::Ndjson => ndjson(&page.entries),
    };
    print(answer)?;
    if page.entries.is_empty() {
        note("no events");
    }
    if let Some(next) = page.next {
        note(&format!("there is more: --cursor {next}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(entries: &[Entry], zone: Tz) -> String {
    if entries.is_empty() {
        return String::new();
    }
    let line = |entry: &Entry| Line {
        heading: None,
        cells: vec![
            time(entry.occurred_at, zone),
            entry.domain.to_string(),
            entry.action_type.clone(),
            actor(entry),
            resource(entry),
            details(entry),
        ],
        is_failure: is_failure(entry),
    };
    let header = ["DOMAIN", "ACTION", "ACTOR", "RESOURCE", "DETAILS"].map(str::to_owned);
    let header = std::iter::once(format!("TIME ({zone})")).chain(header).collect();
    Table { header, lines: entries.iter().map(line).collect(), ends_with_number: false }
        .show(Look::of_stdout())
}

fn json(page: &Page) -> Result<Vec<u8>, serde_json::Error> {
    let answer = Answer {
        entries: &page.entries,
        order: page.order,
        range: page.range,
        next_cursor: page.next.as_ref().map(Cursor::to_string),
        previous_cursor: page.previous.as_ref().map(Cursor::to_string),
    };
    in_json(&answer)
}
