//! The columns that every log table has, and their values.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, Value,
    sea_query::{ColumnType, StringLen},
};
use uuid::Uuid;

use crate::Text;

/// How many there are. They come first in every table.
pub(super) const COUNT: usize = 10;

/// A column that every log table has.
#[derive(Debug, PartialEq)]
struct CommonColumn {
    name: &'static str,
    column_type: ColumnType,
    nullable: bool,
    in_primary_key: bool,
}

/// All of them, in the order of the tables.
fn all() -> [CommonColumn; COUNT] {
    let column =
        |name, column_type| CommonColumn { name, column_type, nullable: false, in_primary_key: false };
    let key = |name, column_type| CommonColumn { in_primary_key: true, ..column(name, column_type) };
    let nullable = |name, column_type| CommonColumn { nullable: true, ..column(name, column_type) };
    let text = || ColumnType::String(StringLen::None);
    [
        key("id", ColumnType::Uuid),
        column("seq", ColumnType::BigInteger),
        column("action_type", text()),
        nullable("actor_id", ColumnType::Uuid),
        column("actor_type", text()),
        nullable("resource_id", text()),
        key("occurred_at", ColumnType::TimestampWithTimeZone),
        column("recorded_at", ColumnType::TimestampWithTimeZone),
        nullable("trace_id", text()),
        nullable("extra", ColumnType::JsonBinary),
    ]
}

/// Checks that an entity begins with the common columns.
///
/// # Panics
/// If it does not: a bug in the entity's crate, which its tests and every start of the service find.
pub(super) fn check<E: EntityTrait>() {
    let is_key =
        |column: &E::Column| E::PrimaryKey::iter().any(|key| key.into_column().as_str() == column.as_str());
    let found = E::Column::iter().take(COUNT).map(|column| {
        let definition = column.def();
        CommonColumn {
            name: column.as_str(),
            column_type: definition.get_column_type().clone(),
            nullable: definition.is_null(),
            in_primary_key: is_key(&column),
        }
    });
    let table = E::default().table_name();
    let found: Vec<_> = found.collect();
    assert_eq!(found, all(), "{table} has other first columns than every log table");
}

/// Their values in one row, except for `seq` and `recorded_at`, which the database generates.
pub(super) struct CommonValues {
    pub(super) id: Uuid,
    pub(super) action_type: Text,
    pub(super) actor_id: Option<Uuid>,
    pub(super) actor_type: Text,
    pub(super) resource_id: Option<String>,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) trace_id: Option<String>,
    pub(super) extra: Option<serde_json::Value>,
}

impl CommonValues {
    /// Their columns.
    pub(super) const COLUMNS: [&'static str; 8] =
        ["id", "action_type", "actor_id", "actor_type", "resource_id", "occurred_at", "trace_id", "extra"];
}

/// In the order of the columns.
impl From<CommonValues> for [Value; CommonValues::COLUMNS.len()] {
    fn from(values: CommonValues) -> Self {
        let CommonValues { id, action_type, actor_id, actor_type, resource_id, occurred_at, trace_id, extra } =
            values;
        [
            id.into(),
            String::from(action_type).into(),
            actor_id.into(),
            String::from(actor_type).into(),
            resource_id.into(),
            occurred_at.into(),
            trace_id.into(),
            extra.into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    mod short {
        use sea_orm::entity::prelude::*;

        #[sea_orm::model]
        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "p_short_log")]
        pub struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub id: Uuid,
            pub seq: i64,
        }

        impl ActiveModelBehavior for ActiveModel {}
    }

    #[test]
    fn an_entity_without_the_common_columns_is_refused() {
        let panic = catch_unwind(check::<short::Entity>).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(message.contains("p_short_log has other first columns than every log table"), "{message}");
    }

    #[test]
    fn every_common_column_is_the_databases_or_has_a_value() {
        let given = all().map(|column| column.name).into_iter();
        let given: Vec<_> = given.filter(|name| !["seq", "recorded_at"].contains(name)).collect();
        assert_eq!(given, CommonValues::COLUMNS);
    }
}
