use sea_orm::{ColumnTrait, EntityTrait, Iterable, sea_query::ColumnType};

use super::common_columns::{self, CommonValues};

/// A log table and its columns, from its entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name, without a schema.
    pub name: &'static str,
    /// The columns that a [`Row`](super::Row) has values for, in the order of its values; `seq` and
    /// `recorded_at` come from the database.
    pub columns: Vec<&'static str>,
    /// Those that are not common to all log tables.
    pub own: Vec<OwnColumn>,
}

/// A column that only some log tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnColumn {
    /// The column's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: OwnKind,
    /// Whether it has an index: then it identifies one thing among many, such as a reservation.
    pub indexed: bool,
}

/// What a domain's own column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnKind {
    /// Text, or NULL.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInteger,
}

impl OwnKind {
    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer | Self::BigInteger => "integer",
        }
    }
}

impl Table {
    /// The table of an entity.
    ///
    /// # Panics
    /// If the entity does not begin with the columns that every log table has: a mistake in its crate.
    #[must_use]
    pub fn of<E: EntityTrait>() -> Self {
        common_columns::check::<E>();
        let own: Vec<_> = own_columns::<E>().map(OwnColumn::of).collect();
        let names = own.iter().map(|column| column.name);
        Self {
            name: E::default().table_name(),
            columns: CommonValues::COLUMNS.into_iter().chain(names).collect(),
            own,
        }
    }
}

/// The columns of an entity that are not common to all log tables.
pub(super) fn own_columns<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    E::Column::iter().skip(common_columns::COUNT)
}

impl OwnColumn {
    fn of(column: impl ColumnTrait) -> Self {
        let definition = column.def();
        let kind = match definition.get_column_type() {
            ColumnType::Integer => OwnKind::Integer,
            ColumnType::BigInteger => OwnKind::BigInteger,
            _ => OwnKind::Text,
        };
        // There is no getter. A definition that stays the same when it is marked was marked before.
        let indexed = definition.clone().indexed() == definition;
        Self { name: column.as_str(), kind, indexed }
    }
}
