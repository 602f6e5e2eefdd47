//! The log of reading: who asked what, when, from where, and how much was answered.

pub mod entity;
mod recordable;

use audit_core::{Domain, store::Table};
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect, Statement,
};
use serde_json::Value as Json;
use uuid::Uuid;

use self::recordable::{column, json};

use crate::{LogTable, error::has_code};

/// One read.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// What it is called. It is given before it is recorded, so that what follows can name it.
    pub id: Uuid,
    /// What was done, such as `SEARCH`.
    pub action: &'static str,
    /// Who reads, if that is known by an id.
    pub reader_id: Option<Uuid>,
    /// Who reads, by name; empty if that is not known.
    pub reader: String,
    /// How the reader was known, such as `TOKEN`.
    pub reader_type: &'static str,
    /// From where, if it came over the network.
    pub address: Option<String>,
    /// What was read, if it is one thing.
    pub resource: Option<String>,
    /// What was asked.
    pub question: Option<Json>,
    /// How many events were answered.
    pub rows: u64,
}

impl Access {
    /// A read that no more is known of than who does what.
    #[must_use]
    pub fn new(action: &'static str, reader: String, reader_type: &'static str) -> Self {
        Self {
            id: Uuid::now_v7(),
            action,
            reader_id: None,
            reader,
            reader_type,
            address: None,
            resource: None,
            question: None,
            rows: 0,
        }
    }
}

/// The actions whose `rows_read` are events that the reader was given.
const GIVING: [&str; 6] = ["SEARCH", "TIMELINE", "EVENT", "TAIL_ROWS", "TAIL_END", "EXPORT_END"];

/// Where reads are recorded: append-only, like every log.
#[derive(Clone, Debug)]
pub struct AccessLog {
    db: DatabaseConnection,
}

impl AccessLog {
    /// `db` must be able to write.
    #[must_use]
    pub fn new(db: DatabaseConnection) -> Self {
        Self { db }
    }

    /// The log of reading as a table that can be read; its domain is `access`.
    #[must_use]
    pub fn table() -> LogTable {
        LogTable { domain: Domain::new("access"), table: Table::of::<entity::Entity>() }
    }

    /// How many events a reader was given since some time, by what is recorded.
    pub async fn events_given(
        &self,
        reader: &str,
        reader_type: &str,
        since: DateTime<Utc>,
    ) -> Result<u64, DbErr> {
        let rows = entity::Entity::find()
            .select_only()
            .column_as(entity::COLUMN.rows_read.sum(), "rows")
            .filter(entity::COLUMN.occurred_at.gte(since))
            .filter(entity::COLUMN.reader.eq(reader))
            .filter(entity::COLUMN.actor_type.eq(reader_type))
            .filter(entity::COLUMN.action_type.is_in(GIVING))
            // Nobody is given less than nothing: such a row is somebody's who can write there, and counts for nobody.
            .filter(entity::COLUMN.rows_read.gt(0))
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?;
        Ok(rows.flatten().and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
    }

    /// Records a read. Whoever asked should be answered only after that.
    pub async fn record(&self, access: Access) -> Result<(), DbErr> {
        let row = row(access);
        match row.clone().insert(&self.db).await {
            Err(error) if lacks_partition(&error) => {
                // No service has run this month that would have made it ahead.
                // Months are those of UTC, whatever zone the session has.
                let ensure = "SELECT ensure_log_partition('p_access_log', (now() AT TIME ZONE 'UTC')::date)";
                self.db.execute_raw(Statement::from_string(DbBackend::Postgres, ensure)).await?;
                row.insert(&self.db).await?;
            }
            outcome => {
                outcome?;
            }
        }
        Ok(())
    }
}

fn row(access: Access) -> entity::ActiveModel {
    let Access { id, action, reader_id, reader, reader_type, address, resource, question, rows } = access;
    entity::ActiveModel {
        id: Set(id),
        seq: NotSet,
        action_type: Set(action.to_owned()),
        actor_id: Set(reader_id),
        actor_type: Set(reader_type.to_owned()),
        resource_id: Set(resource.map(column)),
        occurred_at: Set(Utc::now().trunc_subsecs(6)),
        recorded_at: NotSet,
        trace_id: Set(None),
        extra: Set(question.map(json)),
        reader: Set(Some(column(reader)).filter(|reader| !reader.is_empty())),
        address: Set(address.map(column)),
        rows_read: Set(i32::try_from(rows).unwrap_or(i32::MAX)),
    }
}

/// PostgreSQL reports a row without a partition as a check violation.
fn lacks_partition(error: &DbErr) -> bool {
    has_code(error, "23514")
}
