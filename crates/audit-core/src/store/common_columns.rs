use sea_orm::{
    ColumnTrait, EntityTrait, IdenStatic, Iterable,
    sea_query::{ColumnType, StringLen},
};

/// A column that every log table has.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonColumn {
    /// The column's name.
    pub name: &'static str,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its type, as sea-orm names it.
    pub column_type: ColumnType,
}

impl CommonColumn {
    /// The ten common columns, in the order of the tables.
    #[must_use]
    pub fn all() -> [Self; 10] {
        let text = ColumnType::String(StringLen::None);
        let column = |name, nullable, column_type: &ColumnType| Self {
            name,
            nullable,
            column_type: column_type.clone(),
        };
        [
            column("id", false, &ColumnType::Uuid),
            column("seq", false, &ColumnType::BigInteger),
            column("action_type", false, &text),
            column("actor_id", true, &ColumnType::Uuid),
            column("actor_type", false, &text),
            column("resource_id", true, &text),
            column("occurred_at", false, &ColumnType::TimestampWithTimeZone),
            column("recorded_at", false, &ColumnType::TimestampWithTimeZone),
            column("trace_id", true, &text),
            column("extra", true, &ColumnType::JsonBinary),
        ]
    }

    /// Whether the database gives the column its value, and a row does not.
    #[must_use]
    pub fn is_given_by_database(name: &str) -> bool {
        matches!(name, "seq" | "recorded_at")
    }
}

/// Where an entity differs from the common columns, a sentence each. A domain's tests use it: the common
/// columns are written out in each entity, so that they are found by `grep`, and this keeps them alike.
#[must_use]
pub fn common_column_differences<E: EntityTrait>() -> Vec<String> {
    let table = E::default().table_name().to_owned();
    let differs = |expected: &CommonColumn| {
        let Some(column) = E::Column::iter().find(|column| column.as_str() == expected.name) else {
            return Some(format!("{table} has no column {}", expected.name));
        };
        let definition = column.def();
        let found = CommonColumn {
            name: expected.name,
            nullable: definition.is_null(),
            column_type: definition.get_column_type().clone(),
        };
        (found != *expected).then(|| format!("{table}: expected {expected:?}, found {found:?}"))
    };
    CommonColumn::all().iter().filter_map(differs).collect()
}
