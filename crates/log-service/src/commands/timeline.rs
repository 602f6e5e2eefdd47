use std::process::ExitCode;

use audit_query::{Entry, Found, Range, Timeline, TimelineRequest, Via, format::CsvWriter};
use chrono_tz::Tz;
use serde::Serialize;

use super::{
    CommandResult, in_json, print,
    reading::{
        Line, Look, Reading, Table, actor, csv, details, form_on_stdout, gap, is_failure, ndjson, note,
        question, resource, say_assumed,
    },
};
use crate::cli::{EntryFormat, TimelineArgs, WhatArgs};
use audit_config::Config;

/// A story for programs.
#[derive(Debug, Serialize)]
struct Answer<'t> {
    entries: Vec<Told<'t>>,
    range: Range,
    is_cut: bool,
}

/// One event of it.
#[derive(Debug, Serialize)]
struct Told<'t> {
    #[serde(flatten)]
    entry: &'t Entry,
    via: Via,
}

pub(super) async fn timeline(config: &Config, args: &TimelineArgs) -> CommandResult {
    let reading = Reading::open(config).await?;
    let range = reading.filter(&WhatArgs::default(), Some(&args.when))?.range;
    let request = TimelineRequest { key: args.key.clone(), widen: args.widen, range, limit: args.limit };
    let timeline = reading.queries.timeline(&request).await?;
    let rows = u64::try_from(timeline.found.len())?;
    reading.record("TIMELINE", Some(args.key.trim()), &question(args)?, rows).await?;

    say_assumed(&reading, timeline.range, range.to.is_some());
    let entries = || timeline.found.iter().map(|found| &found.entry);
    let answer = match args.format {
        EntryFormat::Table => {
            story(&timeline.found, args.widen, reading.zone(args.when.time_zone)).into_bytes()
        }
        EntryFormat::Json => json(&timeline)?,
        EntryFormat::Csv | EntryFormat::Spreadsheet => {
            let zone = args.when.time_zone.unwrap_or(Tz::UTC);
            let csv_for = form_on_stdout(args.format == EntryFormat::Spreadsheet);
            csv(&CsvWriter::new(reading.queries.own_columns(), zone, csv_for), entries())
        }
        EntryFormat::Ndjson => ndjson(entries()),
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

/// The story day by day, each event with how long after the one before it happened.
fn story(found: &[Found], is_widened: bool, zone: Tz) -> String {
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
            before.map(|before| gap(time - before)).unwrap_or_default(),
            entry.domain.to_string(),
            entry.action_type.clone(),
            actor(entry),
            resource(entry),
            details(entry),
        ];
        if is_widened {
            cells.insert(2, because(*via).to_owned());
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
    Table { header, lines, ends_with_number: false }.show(Look::of_stdout())
}

fn because(via: Via) -> &'static str {
    match via {
        Via::Key => "key",
        Via::Actor => "actor",
        Via::Trace => "trace",
    }
}

fn json(timeline: &Timeline) -> Result<Vec<u8>, serde_json::Error> {
    let entries = timeline.found.iter();
    let answer = Answer {
        entries: entries.map(|found| Told { entry: &found.entry, via: found.via }).collect(),
        range: timeline.range,
        is_cut: timeline.is_cut,
    };
    in_json(&answer)
}
