//! A log table as every domain has one: the common columns, its own, append-only.

mod postgres;
mod sqlite;

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

/// A log table to be made.
pub(crate) struct LogTable {
    name: &'static str,
    own: Vec<OwnColumn>,
}

/// A column that only this domain has.
struct OwnColumn {
    name: &'static str,
    kind: Kind,
    absent: Absent,
    indexed: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Of at most 255 characters.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInteger,
}

/// What stands in the column when a message says nothing of it.
#[derive(Clone, Copy)]
enum Absent {
    Null,
    Zero,
    /// Nothing does: such a message is malformed.
    Never,
}

impl LogTable {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, own: Vec::new() }
    }

    /// Text; NULL where the publisher leaves it out.
    pub(crate) fn text(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Text, absent: Absent::Null, indexed: false })
    }

    /// The same, with an index: it names one thing among many.
    pub(crate) fn indexed_text(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Text, absent: Absent::Null, indexed: true })
    }

    /// A whole number of 32 bits; 0 where the publisher names none.
    pub(crate) fn integer(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Integer, absent: Absent::Zero, indexed: false })
    }

    fn own(mut self, column: OwnColumn) -> Self {
        self.own.push(column);
        self
    }
}

#[allow(dead_code, reason = "for domains to choose from: not each is chosen yet")]
impl LogTable {
    /// A whole number of 64 bits; 0 where the publisher names none.
    pub(crate) fn big_integer(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::BigInteger, absent: Absent::Zero, indexed: false })
    }

    /// The column before this is NULL where the publisher leaves it out.
    pub(crate) fn optional(self) -> Self {
        self.absent(Absent::Null)
    }

    /// The column before this always has a value: a message without it is malformed.
    pub(crate) fn required(self) -> Self {
        self.absent(Absent::Never)
    }

    fn absent(mut self, absent: Absent) -> Self {
        if let Some(column) = self.own.last_mut() {
            column.absent = absent;
        }
        self
    }
}

impl LogTable {
    pub(crate) async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let sql = match manager.get_database_backend() {
            DbBackend::Postgres => self.postgres(),
            DbBackend::Sqlite => self.sqlite(),
            other => {
                return Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "the audit log's schema" });
            }
        };
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    /// The own columns, each as it stands in `CREATE TABLE`.
    fn own_columns(&self, type_of: impl Fn(&OwnColumn) -> &'static str) -> String {
        let definition = |column: &OwnColumn| {
            let absent = match column.absent {
                Absent::Null => "",
                Absent::Zero => " NOT NULL DEFAULT 0",
                Absent::Never => " NOT NULL",
            };
            format!("{} {}{absent},\n                ", column.name, type_of(column))
        };
        self.own.iter().map(definition).collect()
    }

    fn indexed(&self) -> impl Iterator<Item = &'static str> {
        self.own.iter().filter(|column| column.indexed).map(|column| column.name)
    }
}
