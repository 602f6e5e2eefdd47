use std::process::ExitCode;

use audit_query::{
    Certainty, Entry, MAX_TEXT_CHARS, MatchedBy, Missing, ResolvedRange, Scope, TIMELINE_SIZE, Thing,
    Timeline, TimelineEvent, TimelineRequest, fits_column, format::CsvWriter,
};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use crate::{
    context::Context,
    exit::CommandResult,
    reading::{
        EventArgs, EventFormat, Session, TimeArgs, actor, csv, details, ndjson, one_of, pause,
        recorded_arguments, resource,
    },
    terminal::{Line, Table, csv_target_on_stdout, note, print, to_json},
};

/// Show the timeline of one case over all domains.
#[derive(Debug, Args, Serialize)]
pub struct TimelineArgs {
    /// The id of a user, a resource, an event or a trace, or a reservation's number.
    #[arg(value_parser = key)]
    key: String,
    /// Only the events that have this id or number themselves, without what belongs to the same case.
    #[arg(long)]
    only_key: bool,
    /// Leave out what belongs to the case less surely.
    #[arg(long, value_name = "HOW", default_value = Certainty::NAMES[0].0, value_parser = one_of(&Certainty::NAMES))]
    #[serde(skip)]
    certainty: Certainty,
    /// What scripts passed when the whole story was not yet the default.
    #[arg(long, hide = true)]
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
    things: &'t [Thing],
    missing: &'t [Missing],
    range: ResolvedRange,
    is_cut: bool,
}

/// One event of a timeline.
#[derive(Debug, Serialize)]
struct TimelineItem<'t> {
    #[serde(flatten)]
    entry: &'t Entry,
    via: &'static str,
    seconds: Option<u32>,
    certainty: Certainty,
    scope: Scope,
}

impl<'t> From<&'t TimelineEvent> for TimelineItem<'t> {
    fn from(TimelineEvent { entry, matched_by, certainty, scope }: &'t TimelineEvent) -> Self {
        let (via, seconds) = (matched_by.code(), matched_by.seconds());
        Self { entry, via, seconds, certainty: *certainty, scope: *scope }
    }
}

pub(crate) async fn timeline(context: &Context<'_>, args: &TimelineArgs) -> CommandResult {
    let session = Session::open(context).await?;
    let range = session.filter(&EventArgs::default(), &args.time)?.range;
    let request = TimelineRequest {
        key: args.key.clone(),
        only_key: args.only_key,
        certainty: args.certainty,
        range,
        limit: args.limit,
    };
    let timeline = session.log.timeline(&request).await?;
    let timeline = session.release(timeline, recorded_arguments(args)?).await?;

    session.note_assumed_range(timeline.range, range.to.is_some());
    let entries = || timeline.events.iter().map(|event| &event.entry);
    match args.format {
        EventFormat::Table => table(&timeline.events, session.zone(args.time.time_zone)).print()?,
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
    for missing in &timeline.missing {
        let Missing { domain, resource_id, action_type, expected } = missing;
        note(&format!(
            "{domain} {resource_id} is {action_type}, but no {expected} was found: its service may send no trace, or nothing was published"
        ));
    }
    if timeline.is_cut {
        note("earlier events are not shown: raise --limit, or use --to");
    }
    Ok(ExitCode::SUCCESS)
}

/// The events day by day, each with the pause after the one before it.
fn table(events: &[TimelineEvent], zone: Tz) -> Table {
    let mut lines = Vec::with_capacity(events.len());
    let mut before = None;
    for TimelineEvent { entry, matched_by, certainty, .. } in events {
        let time = entry.occurred_at.with_timezone(&zone);
        let is_new_day =
            before.is_none_or(|before: chrono::DateTime<Tz>| before.date_naive() != time.date_naive());
        let cells = vec![
            time.format("%H:%M:%S%.3f").to_string(),
            before.map(|before| pause(time - before)).unwrap_or_default(),
            reason(*matched_by, *certainty),
            entry.domain.to_string(),
            entry.action_type.clone(),
            actor(entry),
            resource(entry),
            details(entry),
        ];
        let heading = is_new_day.then(|| format!("{} ({zone})", time.format("%Y-%m-%d %A")));
        lines.push(Line { heading, cells, is_failure: entry.is_failure });
        before = Some(time);
    }
    let header = ["TIME", "AFTER", "WHY", "DOMAIN", "ACTION", "ACTOR", "RESOURCE", "DETAILS"]
        .map(str::to_owned)
        .to_vec();
    Table { header, lines, ends_with_number: false }
}

/// Why an event is there; with a question mark, if it may belong to another case.
fn reason(matched_by: MatchedBy, certainty: Certainty) -> String {
    let reason = match matched_by {
        MatchedBy::Key | MatchedBy::Resource | MatchedBy::Named | MatchedBy::Trace => {
            matched_by.code().to_owned()
        }
        MatchedBy::Actor { seconds } => format!("same actor, {seconds} s"),
    };
    if certainty == Certainty::Doubtful { reason + " ?" } else { reason }
}

fn json(timeline: &Timeline) -> Result<Vec<u8>, serde_json::Error> {
    let answer = Answer {
        items: timeline.events.iter().map(TimelineItem::from).collect(),
        things: &timeline.things,
        missing: &timeline.missing,
        range: timeline.range,
        is_cut: timeline.is_cut,
    };
    to_json(&answer)
}
