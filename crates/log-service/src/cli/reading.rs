//! The arguments of the commands that read. They are recorded as they are, as JSON.

use std::path::PathBuf;

use audit_query::{Cursor, Position};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::choices::{By, EntryFormat, ExportFormat, Sorting, StatsFormat, Stretch, TailFormat};

/// Which events, their time left aside.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub struct WhatArgs {
    /// Of this domain, such as `payment`.
    #[arg(long, value_name = "NAME")]
    pub domain: Vec<String>,
    /// With this action, such as `CANCEL`.
    #[arg(long, value_name = "TYPE")]
    pub action_type: Vec<String>,
    /// By this actor.
    #[arg(long, value_name = "UUID")]
    pub actor_id: Vec<String>,
    /// By this kind of actor, such as `CUSTOMER`.
    #[arg(long, value_name = "TYPE")]
    pub actor_type: Vec<String>,
    /// To this resource.
    #[arg(long, value_name = "ID")]
    pub resource_id: Vec<String>,
    /// In this trace.
    #[arg(long, value_name = "ID")]
    pub trace_id: Vec<String>,
    /// With this id of their own.
    #[arg(long, value_name = "UUID")]
    pub id: Vec<String>,
    /// With this value in a column that only some domains have, such as `reservation_number=R20251206-000017`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub own: Vec<(String, String)>,
}

/// When they happened.
#[derive(Debug, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub struct WhenArgs {
    /// From this time on: `2025-12-06T11:00:29Z`, or in the chosen zone `2025-12-06T20:00` or `2025-12-06`; or in any
    /// other form in which events have it.
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// The zone of times, such as `Asia/Seoul`, instead of the configuration's `web.time_zone`. CSV has UTC
    /// without it; JSON always has.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<Tz>,
}

/// Which events.
#[derive(Debug, Args, Serialize)]
pub struct FilterArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub what: WhatArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub when: WhenArgs,
}

/// Arguments of `search`.
#[derive(Debug, Args, Serialize)]
pub struct SearchArgs {
    /// Which come first. A cursor brings its own order.
    #[arg(long, value_enum, default_value_t)]
    pub order: Sorting,
    /// The most events.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
    /// Where to go on, as the page before said. The filters must be the same.
    #[arg(long)]
    #[serde(serialize_with = "as_text")]
    pub cursor: Option<Cursor>,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: EntryFormat,
    #[command(flatten)]
    #[serde(flatten)]
    pub filter: FilterArgs,
}

/// Arguments of `timeline`.
#[derive(Debug, Args, Serialize)]
pub struct TimelineArgs {
    /// The id of a user, a resource, an event or a trace, or a reservation's number.
    #[arg(value_parser = key)]
    pub key: String,
    /// Take in what the actors of those events did meanwhile, and what else belongs to their traces.
    #[arg(long)]
    pub widen: bool,
    /// The most events; of more, those that happened last.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub limit: u16,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: EntryFormat,
    #[command(flatten)]
    #[serde(flatten)]
    pub when: WhenArgs,
}

/// Arguments of `stats`.
#[derive(Debug, Args, Serialize)]
pub struct StatsArgs {
    /// What events are told apart by.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        value_name = "WHAT",
        default_value = "domain,action_type"
    )]
    pub by: Vec<By>,
    /// The stretches of time that they are told apart by; they begin by the clocks of the zone.
    #[arg(long, value_enum, value_name = "STRETCH")]
    pub bucket: Option<Stretch>,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: StatsFormat,
    #[command(flatten)]
    #[serde(flatten)]
    pub filter: FilterArgs,
}

/// Arguments of `export`.
#[derive(Debug, Args, Serialize)]
pub struct ExportArgs {
    /// Which come first.
    #[arg(long, value_enum, default_value_t)]
    pub order: Sorting,
    /// What is written.
    #[arg(long, value_enum)]
    pub format: ExportFormat,
    /// The file to write, instead of standard output. It is for its owner alone.
    #[arg(long, short, value_name = "FILE")]
    #[serde(serialize_with = "path_as_text")]
    pub output: Option<PathBuf>,
    /// The most events. `reading.export_rows` is the most in any case.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Begin CSV with a byte order mark: some programs need it to read Korean. The form for spreadsheets has it anyway.
    #[arg(long)]
    pub bom: bool,
    #[command(flatten)]
    #[serde(flatten)]
    pub filter: FilterArgs,
}

/// Arguments of `tail`.
#[derive(Debug, Args, Serialize)]
pub struct TailArgs {
    /// Go on until Ctrl-C, instead of ending with what is there.
    #[arg(long, short)]
    pub follow: bool,
    /// Where to begin: `start`, or the position that another `tail` with the same filters ended with. Otherwise:
    /// now.
    #[arg(long, value_name = "POSITION", value_parser = since)]
    #[serde(serialize_with = "as_text")]
    pub since: Option<Since>,
    /// The zone of times, such as `Asia/Seoul`, instead of the configuration's `web.time_zone`.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub time_zone: Option<Tz>,
    /// What the answer looks like.
    #[arg(long, value_enum, default_value_t)]
    pub format: TailFormat,
    #[command(flatten)]
    #[serde(flatten)]
    pub what: WhatArgs,
}

/// Where a follower begins.
#[derive(Clone, Debug)]
pub struct Since(pub Position);

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == Position::default() { f.write_str("start") } else { self.0.fmt(f) }
    }
}

fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|error: chrono_tz::ParseError| error.to_string())
}

/// What is looked for stands in the log of reading too, which holds 255 characters of it.
fn key(text: &str) -> Result<String, &'static str> {
    let key = text.trim();
    if key.is_empty() || !audit_query::can_be_kept(key) {
        Err("expected 1 to 255 characters")
    } else {
        Ok(text.to_owned())
    }
}

fn since(text: &str) -> Result<Since, audit_query::InvalidPosition> {
    if text == "start" { Ok(Since(Position::default())) } else { text.parse().map(Since) }
}

#[expect(clippy::ref_option, reason = "serde's form")]
fn as_text<T: ToString, S: serde::Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

/// A path that is not UTF-8 is no reason to leave a read unrecorded.
#[expect(clippy::ref_option, reason = "serde's form")]
fn path_as_text<S: serde::Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}
