use audit_core::store::DomainLog;
use sea_orm::{
    DatabaseConnection, SqlxError,
    sqlx::{self, PgPool, Row as _},
};

use crate::{
    ImportError,
    columns::{Columns, is_known_table},
    snapshot::Snapshot,
};

/// The database of the original service, which is only read.
#[derive(Debug)]
pub struct SourceDatabase {
    pool: PgPool,
    schema: String,
}

/// One of its tables, with the domain that it belongs to.
#[derive(Debug)]
pub struct SourceTable<'o> {
    database: &'o SourceDatabase,
    pub(crate) log: DomainLog,
    pub(crate) columns: Columns,
}

impl SourceDatabase {
    /// The tables in a schema of a PostgreSQL database.
    #[must_use]
    pub fn new(db: &DatabaseConnection, schema: String) -> Self {
        Self { pool: db.get_postgres_connection_pool().clone(), schema }
    }

    /// Whether the original has a domain. It has eight; others came later.
    #[must_use]
    pub fn has(log: &DomainLog) -> bool {
        is_known_table(log.table().name)
    }

    /// The tables of these domains, which must all be there.
    pub async fn tables(&self, domains: Vec<DomainLog>) -> Result<Vec<SourceTable<'_>>, ImportError> {
        let (mut tables, mut missing) = (Vec::new(), Vec::new());
        for log in domains {
            let name = log.table().name;
            let theirs = self.columns(name).await.map_err(|source| self.unreadable(name, source))?;
            if theirs.is_empty() {
                missing.push(name);
            } else if theirs.iter().any(|column| column == "recorded_at") {
                return Err(ImportError::Ours(self.path(name)));
            } else {
                let columns = Columns::new(log.table(), theirs);
                tables.push(SourceTable { database: self, log, columns });
            }
        }
        let Some(first) = missing.first() else { return Ok(tables) };
        let elsewhere = self.elsewhere(&missing).await.map_err(|source| self.unreadable(first, source))?;
        Err(ImportError::NoTable { missing: missing.iter().map(|name| self.path(name)).collect(), elsewhere })
    }

    /// The names of a table's columns; none if there is no such table, or no right to see it.
    async fn columns(&self, table: &str) -> Result<Vec<String>, SqlxError> {
        let sql = "SELECT column_name::text FROM information_schema.columns
            WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position";
        let rows = sqlx::query(sql).bind(&self.schema).bind(table).fetch_all(&self.pool).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// The schemas that have tables of these names.
    async fn elsewhere(&self, tables: &[&str]) -> Result<Vec<String>, SqlxError> {
        let sql = "SELECT DISTINCT table_schema::text FROM information_schema.tables
            WHERE table_name = ANY($1) ORDER BY 1";
        let rows = sqlx::query(sql).bind(tables).fetch_all(&self.pool).await?;
        rows.iter().map(|row| row.try_get(0)).collect()
    }

    /// A table's name with its schema, as people write it.
    fn path(&self, table: &str) -> String {
        format!("{}.{table}", self.schema)
    }

    fn unreadable(&self, table: &str, source: SqlxError) -> ImportError {
        ImportError::Original { table: self.path(table), source }
    }
}

impl SourceTable<'_> {
    /// The table's name, which is the same in both databases.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.log.table().name
    }

    /// The domain.
    #[must_use]
    pub fn log(&self) -> &DomainLog {
        &self.log
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot, ImportError> {
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let path = format!("{}.{}", quoted(&self.database.schema), quoted(self.name()));
        Snapshot::begin(&self.database.pool, path).await.map_err(|source| self.unreadable(source))
    }

    pub(crate) fn unreadable(&self, source: SqlxError) -> ImportError {
        self.database.unreadable(self.name(), source)
    }
}
