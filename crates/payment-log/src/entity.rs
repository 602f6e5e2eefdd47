//! The table `p_payment_log`, one field a column: those that every log table has, then its own.

use sea_orm::entity::prelude::*;

/// One entry of the log of payments and refunds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "p_payment_log")]
pub struct Model {
    /// The event's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order of storing, from the database.
    pub seq: i64,
    /// What was done.
    pub action_type: String,
    /// Who did it.
    pub actor_id: Option<Uuid>,
    /// What kind of actor did it.
    pub actor_type: String,
    /// `paymentId`, as text.
    pub resource_id: Option<String>,
    /// When it happened, by the publisher's clock.
    #[sea_orm(primary_key, auto_increment = false)]
    pub occurred_at: DateTimeUtc,
    /// When it was stored, by the database's clock.
    pub recorded_at: DateTimeUtc,
    /// The trace that the publisher was in.
    pub trace_id: Option<String>,
    /// The fields of the body that have no column.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub extra: Option<Json>,
    /// How it was paid, such as `TOSS_CARD`.
    pub method: Option<String>,
    /// How often it was tried again before. 0 when the publisher leaves it out.
    pub retry_count: i32,
}

impl ActiveModelBehavior for ActiveModel {}
