//! What some options can be.

use audit_query::{Bucket, Dimension, Order};
use clap::ValueEnum;
use serde::Serialize;

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sorting {
    /// Those that happened last.
    #[default]
    Newest,
    /// Those that happened first.
    Oldest,
}

impl From<Sorting> for Order {
    fn from(order: Sorting) -> Self {
        match order {
            Sorting::Newest => Self::Newest,
            Sorting::Oldest => Self::Oldest,
        }
    }
}

/// What `health` asks after.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum HealthQuestion {
    /// Everything: reading, and all that storing needs.
    #[default]
    All,
    /// The process.
    Live,
    /// Reading.
    Ready,
    /// Storing: the broker, the database, and each domain.
    Ingest,
}

/// What events are told apart by.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize)]
#[value(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The domain.
    Domain,
    /// What was done.
    ActionType,
    /// What kind of actor did it.
    ActorType,
}

impl From<By> for Dimension {
    fn from(by: By) -> Self {
        match by {
            By::Domain => Self::Domain,
            By::ActionType => Self::ActionType,
            By::ActorType => Self::ActorType,
        }
    }
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stretch {
    /// An hour of the clock.
    Hour,
    /// A day of the calendar.
    Day,
    /// A month of the calendar.
    Month,
}

impl From<Stretch> for Bucket {
    fn from(stretch: Stretch) -> Self {
        match stretch {
            Stretch::Hour => Self::Hour,
            Stretch::Day => Self::Day,
            Stretch::Month => Self::Month,
        }
    }
}

/// What events look like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum EntryFormat {
    /// For people.
    #[default]
    Table,
    /// One object, the events with where to go on.
    Json,
    /// A table for programs, every text as it is.
    Csv,
    /// A table for spreadsheets: CSV in which no text is a formula, and none becomes a number or a date.
    Spreadsheet,
    /// An object a line.
    Ndjson,
}

/// What numbers look like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum StatsFormat {
    /// For people.
    #[default]
    Table,
    /// One object.
    Json,
    /// A table for programs, every text as it is.
    Csv,
    /// A table for spreadsheets: CSV in which no text is a formula, and none becomes a number or a date.
    Spreadsheet,
}

/// What is exported.
#[derive(Clone, Copy, Debug, ValueEnum, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// A table for programs, every text as it is.
    Csv,
    /// A table for spreadsheets: CSV in which no text is a formula, and none becomes a number or a date.
    Spreadsheet,
    /// An object a line.
    Ndjson,
}

/// What a follower prints.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TailFormat {
    /// A line an event, for people.
    #[default]
    Text,
    /// An object a line.
    Ndjson,
}

/// What a list of dead letters looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListFormat {
    /// For people.
    #[default]
    Table,
    /// One object, counts and list.
    Json,
}

/// What one dead letter looks like.
#[derive(Clone, Copy, Debug, Default, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShowFormat {
    /// For people.
    #[default]
    Text,
    /// The line that an export has.
    Json,
}
