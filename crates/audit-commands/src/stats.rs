use std::process::ExitCode;

use audit_query::{Bucket, Count, Dimension, Range, Stats, StatsRequest, format};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{FilterArgs, Session, one_of, recorded_arguments},
    terminal::{Line, Table, csv_target_on_stdout, note, print, to_json},
};

/// Count events.
#[derive(Debug, Args, Serialize)]
pub struct StatsArgs {
    /// What events are grouped by.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "DIMENSION",
        default_value = "domain,action_type",
        value_parser = one_of(&Dimension::NAMES)
    )]
    by: Vec<Dimension>,
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
    range: Range,
}

pub(crate) async fn stats(context: &Context<'_>, args: &StatsArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let FilterArgs { events, time } = &args.filter;
    let request = StatsRequest {
        filter: session.filter(events, time)?,
        by: args.by.iter().copied().collect(),
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

fn table(stats: &Stats, request: &StatsRequest) -> Table {
    let by = |dimension| request.by.contains(&dimension);
    let mut header = Vec::new();
    if let Some(bucket) = request.bucket {
        header.push(format!("{} ({})", if bucket == Bucket::Hour { "TIME" } else { "DATE" }, request.zone));
    }
    for (dimension, name) in
        [(Dimension::Domain, "DOMAIN"), (Dimension::ActionType, "ACTION"), (Dimension::ActorType, "ACTOR")]
    {
        if by(dimension) {
            header.push(name.to_owned());
        }
    }
    header.push("EVENTS".to_owned());
    let form = match request.bucket {
        Some(Bucket::Month) => "%Y-%m",
        Some(Bucket::Day) => "%Y-%m-%d",
        Some(Bucket::Hour) | None => "%Y-%m-%d %H:%M %Z",
    };
    let line = |count: &Count| {
        let bucket = count.bucket.map(|start| start.format(form).to_string());
        let domain = count.domain.map(|domain| domain.to_string());
        let texts = [&count.action_type, &count.actor_type].map(Clone::clone);
        let number = Some(count.count.to_string());
        let cells = [bucket, domain].into_iter().chain(texts).chain([number]).flatten().collect();
        Line { heading: None, cells, is_failure: false }
    };
    let lines = stats.counts.iter().map(line).collect();
    Table { header, lines, ends_with_number: true }
}

fn json_of(stats: &Stats, request: &StatsRequest) -> Result<Vec<u8>, serde_json::Error> {
    let line = |count: &Count| {
        let fields = [
            ("bucket", count.bucket.map(|start| json!(start.to_rfc3339()))),
            ("domain", count.domain.map(|domain| json!(domain.name()))),
            ("action_type", count.action_type.as_ref().map(|action| json!(action))),
            ("actor_type", count.actor_type.as_ref().map(|actor| json!(actor))),
            ("count", Some(json!(count.count))),
        ];
        let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Json::Object(given.collect::<Map<_, _>>())
    };
    let items = stats.counts.iter().map(line).collect();
    let answer = Answer { items, time_zone: request.zone.name(), range: stats.range };
    to_json(&answer)
}
