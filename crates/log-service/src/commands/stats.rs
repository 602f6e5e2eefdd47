use std::process::ExitCode;

use audit_query::{Bucket, Count, Dimension, Range, Stats, StatsRequest, format};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{
    CommandResult, in_json, print,
    reading::{Line, Look, Reading, Table, form_on_stdout, note, question, say_assumed},
};
use crate::cli::{StatsArgs, StatsFormat};
use audit_config::Config;

/// Numbers for programs.
#[derive(Debug, Serialize)]
struct Answer {
    counts: Vec<Json>,
    time_zone: &'static str,
    range: Range,
}

pub(super) async fn stats(config: &Config, args: &StatsArgs) -> CommandResult {
    let reading = Reading::open(config).await?;
    let when = &args.filter.when;
    let request = StatsRequest {
        filter: reading.filter(&args.filter.what, Some(when))?,
        by: args.by.iter().copied().map(Dimension::from).collect(),
        bucket: args.bucket.map(Bucket::from),
        zone: reading.zone(when.time_zone),
    };
    let stats = reading.queries.stats(&request).await?;
    let rows = u64::try_from(stats.counts.len())?;
    reading.record("STATS", None, &question(args)?, rows).await?;

    say_assumed(&reading, stats.range, request.filter.range.to.is_some());
    print(match args.format {
        StatsFormat::Table => table(&stats, &request).into_bytes(),
        StatsFormat::Json => json_of(&stats, &request)?,
        StatsFormat::Csv | StatsFormat::Spreadsheet => {
            let mut out = Vec::new();
            let csv_for = form_on_stdout(args.format == StatsFormat::Spreadsheet);
            format::counts(&stats, &request, csv_for, &mut out);
            out
        }
    })?;
    if stats.counts.is_empty() {
        note("no events");
    }
    Ok(ExitCode::SUCCESS)
}

fn table(stats: &Stats, request: &StatsRequest) -> String {
    if stats.counts.is_empty() {
        return String::new();
    }
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
    Table { header, lines, ends_with_number: true }.show(Look::of_stdout())
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
    let counts = stats.counts.iter().map(line).collect();
    let answer = Answer { counts, time_zone: request.zone.name(), range: stats.range };
    in_json(&answer)
}
