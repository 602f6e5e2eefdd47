use std::collections::BTreeMap;

use audit_core::Domain;
use sea_orm::Value as SqlValue;
use uuid::Uuid;

use crate::{Entry, LogTable, Range, TimeRange, Value, sql::Sql};

/// Which events are asked for. Several values of one kind mean any of them; different kinds must all hold;
/// an empty one holds for every event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The domains.
    pub domains: Vec<Domain>,
    /// What was done.
    pub action_types: Vec<String>,
    /// Who did it.
    pub actor_ids: Vec<Uuid>,
    /// What kind of actor did it.
    pub actor_types: Vec<String>,
    /// What it happened to.
    pub resource_ids: Vec<String>,
    /// The trace that the publisher was in.
    pub trace_ids: Vec<String>,
    /// The events' own ids.
    pub ids: Vec<Uuid>,
    /// Columns that only some domains have; the others have no such events then.
    pub own: BTreeMap<&'static str, Vec<Value>>,
    /// When it happened.
    pub range: TimeRange,
}

impl Filter {
    /// Whether a table can have such events at all.
    pub(crate) fn concerns(&self, table: &LogTable) -> bool {
        (self.domains.is_empty() || self.domains.contains(&table.domain))
            && self.own.keys().all(|name| table.own(name).is_some())
    }

    /// Whether an event is one of them, its time left aside.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        fn any<T: PartialEq>(wanted: &[T], found: Option<&T>) -> bool {
            wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
        }
        any(&self.domains, Some(&entry.domain))
            && any(&self.action_types, Some(&entry.action_type))
            && any(&self.actor_ids, entry.actor_id.as_ref())
            && any(&self.actor_types, Some(&entry.actor_type))
            && any(&self.resource_ids, entry.resource_id.as_ref())
            && any(&self.trace_ids, entry.trace_id.as_ref())
            && any(&self.ids, Some(&entry.id))
            && self.own.iter().all(|(name, wanted)| any(wanted, entry.details.get(name)))
    }

    /// Writes the conditions, after `WHERE`; there is always at least one.
    pub(crate) fn write(&self, range: Range, sql: &mut Sql) {
        sql.push("TRUE");
        sql.within(range)
            .any_of("action_type", &self.action_types)
            .any_of("actor_id", &self.actor_ids)
            .any_of("actor_type", &self.actor_types)
            .any_of("resource_id", &self.resource_ids)
            .any_of("trace_id", &self.trace_ids)
            .any_of("id", &self.ids);
        for (name, values) in &self.own {
            let values: Vec<SqlValue> = values.iter().map(SqlValue::from).collect();
            sql.any_of(name, &values);
        }
    }
}
