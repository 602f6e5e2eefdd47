//! The table `audit_outbox`: one field a column.

use sea_orm::entity::prelude::*;

/// An event that waits for being published.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_outbox")]
pub struct Model {
    /// Its place: the order of publishing, within one resource.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which events may not be published side by side; see [`crate::lane`].
    pub lane: i16,
    /// The event's id.
    pub event_id: Uuid,
    /// The key that the exchange routes by. Which exchange, the relay knows.
    pub routing_key: String,
    /// Domain and resource; absent where order does not matter.
    pub resource: Option<String>,
    /// The event as JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// The header `traceparent`.
    pub trace_parent: Option<String>,
    /// When it was put here, by the database's clock.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
