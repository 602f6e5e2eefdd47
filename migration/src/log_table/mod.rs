//! A log table: the common columns, its own, indexes, and the triggers that make it append-only.

mod column;
mod postgres;
mod sqlite;

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend, DbErr},
};

use column::{Absent, Kind, OwnColumn};

/// A log table that a migration creates, or adds columns to.
///
/// ```no_run
/// # use {migration::LogTable, sea_orm_migration::{SchemaManager, sea_orm::DbErr}};
/// # async fn up(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
/// LogTable::named("p_refund_log").text("reason").big_integer("amount").required().create(manager).await?;
/// // Once that was released, in another migration:
/// LogTable::named("p_refund_log").indexed_text("voucher_number").add_columns(manager).await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LogTable {
    name: &'static str,
    own: Vec<OwnColumn>,
}

impl LogTable {
    /// The table of this name, without columns of its own so far.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self { name, own: Vec::new() }
    }

    /// Text; NULL where the publisher leaves it out.
    #[must_use]
    pub fn text(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Text, absent: Absent::Null, indexed: false })
    }

    /// The same with an index: the text names one thing among many.
    #[must_use]
    pub fn indexed_text(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Text, absent: Absent::Null, indexed: true })
    }

    /// A whole number of 32 bits; 0 where the publisher leaves it out.
    #[must_use]
    pub fn integer(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::Integer, absent: Absent::Zero, indexed: false })
    }

    /// A whole number of 64 bits; 0 where the publisher leaves it out.
    #[must_use]
    pub fn big_integer(self, name: &'static str) -> Self {
        self.own(OwnColumn { name, kind: Kind::BigInteger, absent: Absent::Zero, indexed: false })
    }

    /// Makes the last column NULL where the publisher leaves it out.
    #[must_use]
    pub fn optional(self) -> Self {
        self.absent(Absent::Null)
    }

    /// Makes the last column always have a value: a message without it is malformed. Only for a new table, because the
    /// rows of a released one have none.
    #[must_use]
    pub fn required(self) -> Self {
        self.absent(Absent::Refused)
    }

    /// Creates the table with its indexes and triggers.
    pub async fn create(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let backend = supported(manager)?;
        let definition = |column: &OwnColumn| column.definition(backend) + ",\n                ";
        let own: String = self.own.iter().map(definition).collect();
        let mut sql = match backend {
            DbBackend::Sqlite => sqlite::create(self.name, &own),
            _ => postgres::create(self.name, &own),
        };
        sql.extend(self.own.iter().map(|column| column.index(self.name)));
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    /// Adds the columns to a table that exists. Its rows have NULL or 0 in them, without being rewritten.
    pub async fn add_columns(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let (table, backend) = (self.name, supported(manager)?);
        if let Some(column) = self.own.iter().find(|column| column.absent == Absent::Refused) {
            return Err(DbErr::Migration(format!(
                "{} can't be required: the rows that {table} has are without it",
                column.name
            )));
        }
        for column in &self.own {
            let (definition, index) = (column.definition(backend), column.index(table));
            let sql = format!("ALTER TABLE {table} ADD COLUMN {definition};{index}");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    fn own(mut self, column: OwnColumn) -> Self {
        self.own.push(column);
        self
    }

    fn absent(mut self, absent: Absent) -> Self {
        if let Some(column) = self.own.last_mut() {
            column.absent = absent;
        }
        self
    }
}

fn supported(manager: &SchemaManager<'_>) -> Result<DbBackend, DbErr> {
    match manager.get_database_backend() {
        backend @ (DbBackend::Postgres | DbBackend::Sqlite) => Ok(backend),
        other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "the audit log's schema" }),
    }
}
