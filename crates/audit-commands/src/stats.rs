use std::{collections::BTreeSet, process::ExitCode};

use audit_query::{Bucket, Count, Dimension, LogReader, ResolvedRange, Stats, StatsRequest, format};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{FilterArgs, Session, one_of, recorded_arguments},
    terminal::{Line, Table, csv_target_on_stdout, note, print, to_json},
    usage::UsageError,
};

/// Count events.
#[derive(Debug, Args, Serialize)]
pub struct StatsArgs {
    /// What events are grouped by: `domain`, `action_type`, `actor_type`, `actor_id`, or a column that only some domains
    /// have, such as `reservation_number`.
    #[arg(long, value_delimiter = ',', value_name = "DIMENSION", default_value = "domain,action_type")]
    by: Vec<String>,
    /// Group events by time as well; buckets start on the clock of the time zone.
    #[arg(long, value_parser = one_of(&Bucket::NAMES))]
    bucket: Option<Bucket>,
    /// Output format.
    #[arg(long, value_enum, default_value_t)]
    format: StatsFormat,
    #[command(flatten)]
    #[serde(flatten)]
    filter: FilterArgs,
}

/// What counts look like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum StatsFormat {
    /// For people.
    #[default]
    Table,
    /// One object, with the counts in `items`.
    Json,
    /// For programs: every text exactly as stored.
    Csv,
    /// CSV for spreadsheets: no text becomes a formula, a number or a date.
    Spreadsheet,
}

/// Counts for programs.
#[derive(Debug, Serialize)]
struct Answer {
    items: Vec<Json>,
    time_zone: &'static str,
    range: ResolvedRange,
}

pub(crate) async fn stats(context: &Context<'_>, args: &StatsArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let FilterArgs { events, time } = &args.filter;
    let request = StatsRequest {
        filter: session.filter(events, time)?,
        by: dimensions(&session.log, &args.by)?,
        bucket: args.bucket,
        zone: session.zone(time.time_zone),
    };
    let stats = session.log.stats(&request).await?;
    let stats = session.release(stats, recorded_arguments(args)?).await?;

    session.note_assumed_range(stats.range, request.filter.range.to.is_some());
    match args.format {
        StatsFormat::Table => table(&stats, &request).print()?,
        StatsFormat::Json => print(json_of(&stats, &request)?)?,
        StatsFormat::Csv | StatsFormat::Spreadsheet => {
            let mut out = Vec::new();
            let csv_for = csv_target_on_stdout(args.format == StatsFormat::Spreadsheet);
            format::counts(&stats, &request, csv_for, &mut out);
            print(out)?
        }
    };
    if stats.counts.is_empty() {
        note("no events");
    }
    Ok(ExitCode::SUCCESS)
}

fn dimensions(log: &LogReader, names: &[String]) -> Result<BTreeSet<Dimension>, UsageError> {
    let known = log.dimensions();
    let dimension = |name: &String| {
        let found = known.iter().find(|(known, _)| known == name).map(|(_, dimension)| *dimension);
        let all = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| UsageError::new("by", format!("one of {}", all())))
    };
    names.iter().map(dimension).collect()
}

fn table(stats: &Stats, request: &StatsRequest) -> Table {
    let bucket = request.bucket.map(|bucket| {
        let name = if matches!(bucket, Bucket::Minute | Bucket::Hour) { "TIME" } else { "DATE" };
        format!("{name} ({})", request.zone)
    });
    let dimensions = request.by.iter().map(|dimension| column_name(*dimension));
    let header = bucket.into_iter().chain(dimensions).chain(["EVENTS".to_owned()]).collect();
    let form = match request.bucket {
        Some(Bucket::Month) => "%Y-%m",
        Some(Bucket::Day) => "%Y-%m-%d",
        Some(Bucket::Minute | Bucket::Hour) | None => "%Y-%m-%d %H:%M %Z",
    };
    let line = |count: &Count| {
        let bucket = count.bucket.map(|start| start.format(form).to_string());
        let values = count.group.iter().map(|(_, value)| value.map(ToString::to_string).unwrap_or_default());
        let cells = bucket.into_iter().chain(values).chain([count.count.to_string()]).collect();
        Line { heading: None, cells, is_failure: false }
    };
    let lines = stats.counts.iter().map(line).collect();
    Table { header, lines, ends_with_number: true }
}

fn column_name(dimension: Dimension) -> String {
    match dimension {
        Dimension::ActionType => "ACTION".to_owned(),
        Dimension::ActorType => "ACTOR".to_owned(),
        other => other.name().replace('_', " ").to_uppercase(),
    }
}

fn json_of(stats: &Stats, request: &StatsRequest) -> Result<Vec<u8>, serde_json::Error> {
    let line = |count: &Count| {
        let mut fields = Map::new();
        fields.extend(count.bucket.map(|start| ("bucket".to_owned(), json!(start.to_rfc3339()))));
        fields.extend(count.group.iter().map(|(name, value)| (name.to_owned(), json!(value))));
        fields.insert("count".to_owned(), json!(count.count));
        Json::Object(fields)
    };
    let items = stats.counts.iter().map(line).collect();
    let answer = Answer { items, time_zone: request.zone.name(), range: stats.range };
    to_json(&answer)
}
