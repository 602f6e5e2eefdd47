//! Storing: what a domain tells about its table, and how a message's body becomes a row of it.

mod body;
mod cloud_event;
mod common_columns;
mod db_error;
mod domain_log;
mod extra_size;
mod malformed;
mod months_ahead;
mod null;
mod surrogates;
mod table;
mod unknown;
mod unknown_format;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, EntityTrait};
use serde::de::DeserializeOwned;

use crate::AuditEvent;

pub use cloud_event::CloudEvent;
pub use common_columns::{CommonColumn, common_column_differences};
pub use db_error::{lacks_partition, sqlx_error};
pub use domain_log::{DomainLog, Row};
pub use extra_size::ExtraSize;
pub use malformed::Malformed;
pub use months_ahead::MonthsAhead;
pub use table::{OwnColumn, OwnKind, Table};
pub use unknown_format::UnknownFormat;

/// The storing counterpart of [`AuditEvent`]: how one domain's event becomes a row of its log table.
pub trait AuditLog: 'static {
    /// What is published.
    type Event: AuditEvent + DeserializeOwned;
    /// The log table.
    type Entity: EntityTrait;

    /// The row of an event. Every column is written out, but `seq` and `recorded_at`, which are the
    /// database's to give.
    fn row(event: Self::Event, received: Received) -> impl ActiveModelTrait<Entity = Self::Entity>;
}

/// What is known of a message beside its event, and what was made of the event for columns that all tables have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// What the event happened to, as text: `AuditEvent::resource`, or what was said beside a body that leaves it out.
    pub resource_id: Option<String>,
    /// The event's time as an instant, in whole microseconds.
    pub occurred_at: DateTime<Utc>,
    /// The trace that the publisher was in, from the message's headers.
    pub trace_id: Option<String>,
    /// The fields of the body that no column holds, as one JSON object; absent when there are none.
    pub extra: Option<serde_json::Value>,
}
