use std::{fmt, sync::Arc};

use audit_core::{
    Domain,
    store::{OwnColumn, OwnKind},
};
use chrono::{DateTime, Utc};
use sea_orm::{DbErr, QueryResult, Value as SqlValue};
use serde::{Serialize, Serializer, ser::SerializeMap};
use uuid::Uuid;

use crate::{Extra, LogTable};

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entry {
    /// The domain that published it.
    #[serde(serialize_with = "name_of")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub domain: Domain,
    /// The event's id, made by the publisher.
    pub id: Uuid,
    /// The order of storing within the domain.
    pub seq: i64,
    /// What was done.
    pub action_type: String,
    /// Who did it.
    pub actor_id: Option<Uuid>,
    /// What kind of actor did it.
    pub actor_type: String,
    /// What it happened to.
    pub resource_id: Option<String>,
    /// When it happened, by the publisher's clock.
    pub occurred_at: DateTime<Utc>,
    /// When it was stored, by the database's clock.
    pub recorded_at: DateTime<Utc>,
    /// The trace that the publisher was in.
    pub trace_id: Option<String>,
    /// The columns that only some domains have.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, ColumnValue>))]
    pub details: Details,
    /// The fields of the message that no column holds.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, additional_properties))]
    pub extra: Option<Extra>,
    /// Whether the action says that something failed.
    #[serde(skip)]
    pub is_failure: bool,
}

/// Values of columns, each by its name: those of a domain's own columns, or those that events are grouped by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details(pub(crate) Vec<(&'static str, Option<Value>)>);

/// A value of a column. A domain's own columns hold text and whole numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An id.
    Uuid(Uuid),
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}

/// [`Value`] or null, as a schema. utoipa treats a type named `Value` as arbitrary JSON.
#[cfg(feature = "openapi")]
#[derive(Debug)]
pub struct ColumnValue;

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for ColumnValue {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ObjectBuilder, Type, schema::SchemaType};
        let types = SchemaType::Array(vec![Type::String, Type::Integer, Type::Null]);
        ObjectBuilder::new().schema_type(types).description(Some("Text, a whole number, or null.")).into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for ColumnValue {}

impl Entry {
    /// The value of a column that a filter can name.
    pub(crate) fn value(&self, column: &str) -> Option<Value> {
        match column {
            "id" => Some(self.id.into()),
            "action_type" => Some(self.action_type.clone().into()),
            "actor_id" => self.actor_id.map(Into::into),
            "actor_type" => Some(self.actor_type.clone().into()),
            "resource_id" => self.resource_id.clone().map(Into::into),
            "trace_id" => self.trace_id.clone().map(Into::into),
            own => self.details.get(own).cloned(),
        }
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        size_of::<Self>()
            + self.action_type.len()
            + self.actor_type.len()
            + optional(&self.resource_id)
            + optional(&self.trace_id)
            + self.details.0.iter().map(Details::size).sum::<usize>()
            + self.extra.as_ref().map_or(0, |extra| extra.text().len())
    }
}

impl Details {
    fn size((_, value): &(&str, Option<Value>)) -> usize {
        let text = if let Some(Value::Text(text)) = value { text.len() } else { 0 };
        size_of::<(&str, Option<Value>)>() + text
    }

    /// The value of a column; absent too when the domain has no such column.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(column, _)| *column == name)?.1.as_ref()
    }

    /// The columns in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&Value>)> {
        self.0.iter().map(|(name, value)| (*name, value.as_ref()))
    }
}

impl FromIterator<(&'static str, Option<Value>)> for Details {
    fn from_iter<I: IntoIterator<Item = (&'static str, Option<Value>)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(crate) fn name_of<S: Serializer>(domain: &Domain, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(domain.name())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Uuid(id) => id.fmt(f),
        }
    }
}

impl From<&Value> for SqlValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Text(text) => text.clone().into(),
            Value::Integer(number) => (*number).into(),
            Value::Uuid(id) => (*id).into(),
        }
    }
}

/// Reads the rows of one statement: its tables, and the own columns that it selects.
#[derive(Clone, Debug)]
pub(crate) struct RowReader {
    pub(crate) tables: Arc<[LogTable]>,
    pub(crate) own: Vec<OwnColumn>,
}

impl RowReader {
    /// Reads a row as [`Sql::entries`](crate::sql::Sql::entries) writes it.
    pub(crate) fn read(&self, row: &QueryResult) -> Result<Entry, DbErr> {
        const FIRST_OWN: usize = 12;
        let number: i32 = row.try_get_by_index(0)?;
        let table = usize::try_from(number).ok().and_then(|number| self.tables.get(number));
        let table =
            table.ok_or_else(|| DbErr::Type(format!("a row of table {number}, which there is not")))?;
        let mut details = Vec::with_capacity(table.table.own.len());
        for (at, column) in self.own.iter().enumerate() {
            if table.own(column.name).is_none() {
                continue;
            }
            let value = value_at(row, FIRST_OWN + at, column.kind)?;
            details.push((column.name, value));
        }
        let action_type: String = row.try_get_by_index(3)?;
        Ok(Entry {
            domain: table.domain,
            is_failure: table.actions.is_failure(&action_type),
            id: row.try_get_by_index(1)?,
            seq: row.try_get_by_index(2)?,
            action_type,
            actor_id: row.try_get_by_index(4)?,
            actor_type: row.try_get_by_index(5)?,
            resource_id: row.try_get_by_index(6)?,
            occurred_at: row.try_get_by_index(7)?,
            recorded_at: row.try_get_by_index(8)?,
            trace_id: row.try_get_by_index(9)?,
            details: Details(details),
            extra: extra(row)?,
        })
    }
}

/// Reads a value of a column.
pub(crate) fn value_at(row: &QueryResult, at: usize, kind: OwnKind) -> Result<Option<Value>, DbErr> {
    Ok(match kind {
        OwnKind::Text => row.try_get_by_index::<Option<String>>(at)?.map(Value::Text),
        OwnKind::Integer => {
            row.try_get_by_index::<Option<i32>>(at)?.map(|number| Value::Integer(number.into()))
        }
        OwnKind::BigInteger => row.try_get_by_index::<Option<i64>>(at)?.map(Value::Integer),
    })
}

/// What no column holds, or what tells that it is too large.
fn extra(row: &QueryResult) -> Result<Option<Extra>, DbErr> {
    let (text, bytes): (Option<String>, Option<i64>) = (row.try_get_by_index(10)?, row.try_get_by_index(11)?);
    let extra = match (text, bytes) {
        (Some(text), _) => Extra::new(text),
        (None, Some(bytes)) => Extra::left_out(bytes.unsigned_abs()),
        (None, None) => return Ok(None),
    };
    extra.map(Some).ok_or_else(|| DbErr::Type("column extra holds something else than JSON".to_owned()))
}
