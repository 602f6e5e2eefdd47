use audit_core::{
    Actions, Domain,
    store::{CaseRules, Table, lacks_partition},
};
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect, Statement,
};
use tracing::warn;

use super::{
    AccessAction, AccessRecord, Accessor, Attributed, entity,
    storable::{json, text},
};
use crate::LogTable;

/// Stores the records of the access log: append-only, like every log.
#[derive(Clone, Debug)]
pub struct AccessLog {
    db: DatabaseConnection,
    when_unrecordable: WhenUnrecordable,
}

/// What happens to an answer that can't be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenUnrecordable {
    /// It is not given.
    Refuse,
    /// It is given, with a warning in the service's own log.
    Warn,
}

/// An access can't be recorded, and is refused for that.
#[derive(Debug, thiserror::Error)]
#[error("the read can't be recorded, and reading.refuse_unrecorded refuses it then: {0}")]
pub struct NotRecorded(#[source] DbErr);

impl AccessLog {
    /// `db` must be able to write.
    #[must_use]
    pub fn new(db: DatabaseConnection, when_unrecordable: WhenUnrecordable) -> Self {
        Self { db, when_unrecordable }
    }

    /// The access log as a table that can be read; its domain is `access`.
    #[must_use]
    pub fn table() -> LogTable {
        LogTable {
            domain: Domain::new("access"),
            table: Table::of::<entity::Entity>(),
            actions: Actions::default(),
            case: CaseRules::NONE,
        }
    }

    /// Records who asked, and gives the answer out.
    pub async fn release<T>(&self, answer: Attributed<T>) -> Result<T, NotRecorded> {
        self.record(answer.record).await?;
        Ok(answer.answer)
    }

    /// Stores a record. It fails only where accesses that can't be recorded are refused.
    pub async fn record(&self, record: AccessRecord) -> Result<(), NotRecorded> {
        let action = record.action.code();
        match (self.insert(record).await, self.when_unrecordable) {
            (Ok(()), _) => Ok(()),
            (Err(error), WhenUnrecordable::Refuse) => Err(NotRecorded(error)),
            (Err(error), WhenUnrecordable::Warn) => {
                warn!(%error, action, "a read was not recorded");
                Ok(())
            }
        }
    }

    /// How many events a reader was given since some time, according to the records.
    pub async fn events_given(
        &self,
        reader: &str,
        reader_type: &str,
        since: DateTime<Utc>,
    ) -> Result<u64, DbErr> {
        let counted = AccessAction::ALL.into_iter().filter(|action| action.counts_events());
        let rows = entity::Entity::find()
            .select_only()
            .column_as(entity::COLUMN.rows_read.sum(), "rows")
            .filter(entity::COLUMN.occurred_at.gte(since))
            .filter(entity::COLUMN.reader.eq(reader))
            .filter(entity::COLUMN.actor_type.eq(reader_type))
            .filter(entity::COLUMN.action_type.is_in(counted.map(AccessAction::code)))
            // Negative counts are forged, by somebody with the right to write there.
            .filter(entity::COLUMN.rows_read.gt(0))
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await?;
        Ok(rows.flatten().and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0))
    }

    async fn insert(&self, record: AccessRecord) -> Result<(), DbErr> {
        let row = row(record);
        match row.clone().insert(&self.db).await {
            Err(error) if lacks_partition(&error) => {
                // No service has run this month that would have made it in advance. Months are those of UTC, whatever
                // zone the session has.
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

fn row(record: AccessRecord) -> entity::ActiveModel {
    let AccessRecord { id, action, accessor, resource, query, rows } = record;
    let Accessor { id: reader_id, name, kind, address } = accessor;
    entity::ActiveModel {
        id: Set(id),
        seq: NotSet,
        action_type: Set(action.code().to_owned()),
        actor_id: Set(reader_id),
        actor_type: Set(kind.to_owned()),
        resource_id: Set(resource.map(text)),
        occurred_at: Set(Utc::now().trunc_subsecs(6)),
        recorded_at: NotSet,
        trace_id: Set(None),
        extra: Set(query.map(json)),
        reader: Set(Some(text(name)).filter(|name| !name.is_empty())),
        address: Set(address.map(text)),
        rows_read: Set(i32::try_from(rows).unwrap_or(i32::MAX)),
    }
}
