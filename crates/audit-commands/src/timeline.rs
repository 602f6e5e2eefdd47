use std::process::ExitCode;

use audit_query::{
    Entry, MAX_TEXT_CHARS, MatchedBy, Range, TIMELINE_SIZE, Timeline, TimelineEvent, TimelineRequest,
    fits_column, format::CsvWriter,
};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{
        EventArgs, EventFormat, Session, TimeArgs, actor, csv, details, ndjson, pause, recorded_arguments,
        resource,
    },
    terminal::{Line, Table, csv_target_on_stdout, note, print, to_json},
};

/// Show the timeline of one case over all domains.
#[derive(Debug, Args, Serialize)]
pub struct TimelineArgs {
    /// The id of a user, a resource, an event or a trace, or a reservation's number.
    #[arg(value_parser = key)]
    key: String,
    /// Include what the actors of those events did in the same time, and the other events of their traces.
    #[arg(long)]
    widen: bool,
    /// Maximum number of events; the latest ones are shown.
    #[arg(long, value_name = "N", default_value_t = TIMELINE_SIZE.default, value_parser = clap::value_parser!(u16).range(1..=TIMELINE_SIZE.max.into()))]
    limit: u16,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: EventFormat,
    #[command(flatten)]
    #[serde(flatten)]
    time: TimeArgs,
}

/// Parses the key. It must fit into the access log.
fn key(text: &str) -> Result<String, String> {
    let key = text.trim();
    if key.is_empty() || !fits_column(key) {
        Err(format!("expected 1 to {MAX_TEXT_CHARS} characters"))
    } else {
        Ok(text.to_owned())
    }
}

/// A timeline for programs.
#[derive(Debug, Serialize)]
struct Answer<'t> {
    items: Vec<TimelineItem<'t>>,
    range: Range,
    is_cut: bool,
}

/// One event of a timeline.
#[derive(Debug, Serialize)]
struct TimelineItem<'t> {
    #[serde(flatten)]
    entry: &'t Entry,
    #[serde(rename = "via")]
    matched_by: MatchedBy,
}

pub(crate) async fn timeline(context: &Context<'_>, args: &TimelineArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let range = session.filter(&EventArgs::default(), &args.time)?.range;
    let request = TimelineRequest { key: args.key.clone(), widen: args.widen, range, limit: args.limit };
    let timeline = session.log.timeline(&request).await?;
    let timeline = session.release(timeline, recorded_arguments(args)?).await?;

    session.note_assumed_range(timeline.range, range.to.is_some());
    let entries = || timeline.events.iter().map(|event| &event.entry);
    match args.format {
        EventFormat::Table => {
            table(&timeline.events, args.widen, session.zone(args.time.time_zone)).print()?
        }
        EventFormat::Json => print(json(&timeline)?)?,
        EventFormat::Csv | EventFormat::Spreadsheet => {
            let zone = args.time.time_zone.unwrap_or(Tz::UTC);
            let csv_for = csv_target_on_stdout(args.format == EventFormat::Spreadsheet);
            print(csv(&CsvWriter::new(session.log.own_columns(), zone, csv_for), entries()))?
        }
        EventFormat::Ndjson => print(ndjson(entries()))?,
    };
    if timeline.events.is_empty() {
        note("no events");
    }
    if timeline.is_cut {
        note("earlier events are not shown: raise --limit, or use --to");
    }
    Ok(ExitCode::SUCCESS)
}

/// The events day by day, each with the pause after the one before it.
fn table(events: &[TimelineEvent], is_widened: bool, zone: Tz) -> Table {
    let mut lines = Vec::with_capacity(events.len());
    let mut before = None;
    for TimelineEvent { entry, matched_by } in events {
        let time = entry.occurred_at.with_timezone(&zone);
        let is_new_day =
            before.is_none_or(|before: chrono::DateTime<Tz>| before.date_naive() != time.date_naive());
        let mut cells = vec![
            time.format("%H:%M:%S%.3f").to_string(),
            before.map(|before| pause(time - before)).unwrap_or_default(),
            entry.domain.to_string(),
            entry.action_type.clone(),
            actor(entry),
            resource(entry),
            details(entry),
        ];
        if is_widened {
            cells.insert(2, found_by(*matched_by).to_owned());
        }
        let heading = is_new_day.then(|| format!("{} ({zone})", time.format("%Y-%m-%d %A")));
        lines.push(Line { heading, cells, is_failure: entry.is_failure });
        before = Some(time);
    }
    let mut header: Vec<_> =
        ["TIME", "AFTER", "DOMAIN", "ACTION", "ACTOR", "RESOURCE", "DETAILS"].map(str::to_owned).to_vec();
    if is_widened {
        header.insert(2, "FOUND BY".to_owned());
    }
    Table { header, lines, ends_with_number: false }
}

fn found_by(matched_by: MatchedBy) -> &'static str {
    match matched_by {
        MatchedBy::Key => "key",
        MatchedBy::Actor => "actor",
        MatchedBy::Trace => "trace",
    }
}

fn json(timeline: &Timeline) -> Result<Vec<u8>, serde_json::Error> {
    let events = timeline.events.iter();
    let items =
        events.map(|TimelineEvent { entry, matched_by }| TimelineItem { entry, matched_by: *matched_by });
    let answer = Answer { items: items.collect(), range: timeline.range, is_cut: timeline.is_cut };
    to_json(&answer)
}
