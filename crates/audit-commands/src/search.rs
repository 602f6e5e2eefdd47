use std::process::ExitCode;

use audit_query::{Cursor, Entry, Order, PAGE_SIZE, Page, PageRequest, ResolvedRange, format::CsvWriter};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{
        EventFormat, FilterArgs, Session, actor, csv, details, ndjson, one_of, optional_text,
        recorded_arguments, resource, time,
    },
    terminal::{Line, Table, csv_target_on_stdout, note, print, to_json},
};

/// Search events of all domains, a page at a time.
///
/// Several values of one filter match any of them; different filters must all match. Every search is recorded in the
/// access log.
#[derive(Debug, Args, Serialize)]
pub struct SearchArgs {
    /// Sort order. A cursor has its own.
    #[arg(long, default_value = "newest", value_parser = one_of(&Order::NAMES))]
    order: Order,
    /// Maximum number of events.
    #[arg(long, value_name = "N", default_value_t = PAGE_SIZE.default, value_parser = clap::value_parser!(u16).range(1..=PAGE_SIZE.max.into()))]
    limit: u16,
    /// Continue where the previous page ended. The filters must be the same.
    #[arg(long)]
    #[serde(serialize_with = "optional_text")]
    cursor: Option<Cursor>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: EventFormat,
    #[command(flatten)]
    #[serde(flatten)]
    filter: FilterArgs,
}

/// A page for programs.
#[derive(Debug, Serialize)]
struct Answer<'p> {
    items: &'p [Entry],
    order: Order,
    range: ResolvedRange,
    next_cursor: Option<String>,
    previous_cursor: Option<String>,
}

pub(crate) async fn search(context: &Context<'_>, args: &SearchArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let FilterArgs { events, time } = &args.filter;
    let filter = session.filter(events, time)?;
    let request = PageRequest { order: args.order, limit: args.limit, cursor: args.cursor.clone() };
    let page = session.log.search(&filter, &request).await?;
    let page = session.release(page, recorded_arguments(args)?).await?;

    session.note_assumed_range(page.range, filter.range.to.is_some());
    match args.format {
        EventFormat::Table => table(&page.entries, session.zone(time.time_zone)).print()?,
        EventFormat::Json => print(json(&page)?)?,
        EventFormat::Csv | EventFormat::Spreadsheet => {
            let own = session.log.own_columns_of(&filter);
            let csv_for = csv_target_on_stdout(args.format == EventFormat::Spreadsheet);
            print(csv(&CsvWriter::new(own, time.time_zone.unwrap_or(Tz::UTC), csv_for), &page.entries))?
        }
        EventFormat::Ndjson => print(ndjson(&page.entries))?,
    };
    if page.entries.is_empty() {
        note("no events");
    }
    if let Some(next) = page.next {
        note(&format!("more results: --cursor {next}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(entries: &[Entry], zone: Tz) -> Table {
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
        is_failure: entry.is_failure,
    };
    let header = ["DOMAIN", "ACTION", "ACTOR", "RESOURCE", "DETAILS"].map(str::to_owned);
    let header = std::iter::once(format!("TIME ({zone})")).chain(header).collect();
    Table { header, lines: entries.iter().map(line).collect(), ends_with_number: false }
}

fn json(page: &Page) -> Result<Vec<u8>, serde_json::Error> {
    let answer = Answer {
        items: &page.entries,
        order: page.order,
        range: page.range,
        next_cursor: page.next.as_ref().map(Cursor::to_string),
        previous_cursor: page.previous.as_ref().map(Cursor::to_string),
    };
    to_json(&answer)
}
