//! From a message's body to a row of the domain's table.

mod body;
mod case;
mod cloud_event;
mod common_columns;
mod db_error;
mod domain_log;
mod extra_size;
mod malformed;
mod months_ahead;
mod surrogates;
mod table;
mod unknown_format;
mod unknown_value;

use sea_orm::EntityTrait;
use serde::de::DeserializeOwned;

use crate::AuditEvent;

pub use case::{CaseRules, Link, Moment, Ownership, Pairing};
pub use cloud_event::CloudEvent;
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

    /// The log table: the ten common columns, in their order, then the domain's own.
    ///
    /// The service takes only the columns' names and types from it. It reads many tables in one statement, so it never loads
    /// a `Model`; a program that reads just this log can.
    type Entity: EntityTrait;

    /// How the domain's resources belong to cases.
    const CASE: CaseRules = CaseRules::NONE;

    /// The domain's own columns. The common ones stay `NotSet`: they are filled from the [`AuditEvent`] and its message.
    fn own_columns(event: Self::Event) -> <Self::Entity as EntityTrait>::ActiveModel;
}
