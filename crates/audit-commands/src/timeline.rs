use std::process::ExitCode;

use audit_query::{
    Entry, Found, LONGEST_TEXT, Range, Timeline, TimelineRequest, Via, can_be_kept, format::CsvWriter,
};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{
        EventArgs, EventFormat, Session, TimeArgs, actor, csv, details, is_failure, ndjson, pause,
        recorded_arguments, resource,
    },
    terminal::{Line, Table, TerminalStyle, csv_target_on_stdout, note, print, to_json},
};

/// Tell the story of one case over all domains, from whatever is at hand.
#[derive(Debug, Args, Serialize)]
pub struct TimelineArgs {
    /// The id of a user, a resource, an event or a trace, or a reservation's number.
    #[arg(value_parser = key)]
    key: String,
    /// Take in what the actors of those events did meanwhile, and what else belongs to their traces.
    #[arg(long)]
    widen: bool,
    /// The most events; of more, those that happened last.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5000))]
    limit: u16,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    format: EventFormat,
    #[command(flatten)]
    #[serde(flatten)]
    time: TimeArgs,
}

/// Parses the key. It must fit into the access log.
fn key(text: &str) -> Result<String, String> {
    let key = text.trim();
    if key.is_empty() || !can_be_kept(key) {
        Err(format!("expected 1 to {LONGEST_TEXT} characters"))
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
    via: Via,
}

pub(crate) async fn timeline(context: &Context<'_>, args: &TimelineArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let range = session.filter(&EventArgs::default(), &args.time)?.range;
    let request = TimelineRequest { key: args.key.clone(), widen: args.widen, range, limit: args.limit };
    let timeline = session.queries.timeline(&request).await?;
    let rows = u64::try_from(timeline.found.len())?;
    session.record("TIMELINE", Some(args.key.trim()), &recorded_arguments(args)?, rows).await?;

    session.note_assumed_range(timeline.range, range.to.is_some());
    let entries = || timeline.found.iter().map(|found| &found.entry);
    let answer = match args.format {
        EventFormat::Table => {
            table(&timeline.found, args.widen, session.zone(args.time.time_zone)).into_bytes()
        }
        EventFormat::Json => json(&timeline)?,
        EventFormat::Csv | EventFormat::Spreadsheet => {
            let zone = args.time.time_zone.unwrap_or(Tz::UTC);
            let csv_for = csv_target_on_stdout(args.format == EventFormat::Spreadsheet);
            csv(&CsvWriter::new(session.queries.own_columns(), zone, csv_for), entries())
        }
        EventFormat::Ndjson => ndjson(entries()),
    };
    print(answer)?;
    if timeline.found.is_empty() {
        note("no events");
    }
    if timeline.is_cut {
        note("there is more, which happened before: a larger --limit, or --to, shows it");
    }
    Ok(ExitCode::SUCCESS)
}

/// The events day by day, each with the pause after the one before it.
fn table(found: &[Found], is_widened: bool, zone: Tz) -> String {
    if found.is_empty() {
        return String::new();
    }
    let mut lines = Vec::with_capacity(found.len());
    let mut before = None;
    for Found { entry, via } in found {
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
            cells.insert(2, found_by(*via).to_owned());
        }
        let heading = is_new_day.then(|| format!("{} ({zone})", time.format("%Y-%m-%d %A")));
        lines.push(Line { heading, cells, is_failure: is_failure(entry) });
        before = Some(time);
    }
    let mut header: Vec<_> =
        ["TIME", "AFTER", "DOMAIN", "ACTION", "ACTOR", "RESOURCE", "DETAILS"].map(str::to_owned).to_vec();
    if is_widened {
        header.insert(2, "FOUND BY".to_owned());
    }
    Table { header, lines, ends_with_number: false }.render(TerminalStyle::of_stdout())
}

fn found_by(via: Via) -> &'static str {
    match via {
        Via::Key => "key",
        Via::Actor => "actor",
        Via::Trace => "trace",
    }
}

fn json(timeline: &Timeline) -> Result<Vec<u8>, serde_json::Error> {
    let found = timeline.found.iter();
    let answer = Answer {
        items: found.map(|found| TimelineItem { entry: &found.entry, via: found.via }).collect(),
        range: timeline.range,
        is_cut: timeline.is_cut,
    };
    to_json(&answer)
}
