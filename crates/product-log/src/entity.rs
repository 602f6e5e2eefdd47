//! The table `p_product_log`, one field a column: those that every log table has, then its own.

use sea_orm::entity::prelude::*;

/// One entry of the log of products: approval, sale, seats.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "p_product_log")]
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
    /// `productId`, as text.
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
}

impl ActiveModelBehavior for ActiveModel {}
