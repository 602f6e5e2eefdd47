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
    indexed: bool,
}

enum Kind {
    /// Text of at most 255 characters, or NULL.
    Text,
    /// A whole number of 32 bits; 0 where the publisher names none.
    Integer,
}

impl LogTable {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, own: Vec::new() }
    }

    pub(crate) fn text(mut self, name: &'static str) -> Self {
        self.own.push(OwnColumn { name, kind: Kind::Text, indexed: false });
        self
    }

    pub(crate) fn indexed_text(mut self, name: &'static str) -> Self {
        self.own.push(OwnColumn { name, kind: Kind::Text, indexed: true });
        self
    }

    pub(crate) fn integer(mut self, name: &'static str) -> Self {
        self.own.push(OwnColumn { name, kind: Kind::Integer, indexed: false });
        self
    }

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

    fn indexed(&self) -> impl Iterator<Item = &'static str> {
        self.own.iter().filter(|column| column.indexed).map(|column| column.name)
    }
}
