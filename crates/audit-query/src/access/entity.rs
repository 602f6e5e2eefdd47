//! The table `p_access_log`: one field a column.

use sea_orm::entity::prelude::*;

/// One entry of the access log.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "p_access_log")]
pub struct Model {
    /// Made before it is stored.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The order of storing, from the database.
    pub seq: i64,
    /// What was done, such as `SEARCH`.
    pub action_type: String,
    /// Who did it, if known by an id.
    pub actor_id: Option<Uuid>,
    /// How the reader was authenticated.
    pub actor_type: String,
    /// What was read, if it is one thing.
    pub resource_id: Option<String>,
    /// When it happened, by the service's clock.
    #[sea_orm(primary_key, auto_increment = false)]
    pub occurred_at: DateTimeUtc,
    /// When it was stored, by the database's clock.
    pub recorded_at: DateTimeUtc,
    /// Not used.
    pub trace_id: Option<String>,
    /// What was asked.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub extra: Option<Json>,
    /// Who did it, by name.
    pub reader: Option<String>,
    /// From where, if it came over the network.
    pub address: Option<String>,
    /// How many events were answered.
    pub rows_read: i32,
}

impl ActiveModelBehavior for ActiveModel {}
