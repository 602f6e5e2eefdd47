use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{
        ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
        SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    },
    seaql_migrations,
};

use crate::{
    MigrateError, Migrator,
    schema::{OtherLogs, Schema},
};

/// One version of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The migration's name.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// Brings a database to the newest version, in one transaction. Returns the versions that it added.
///
/// `schema` is for PostgreSQL: it must be first in the connection's `search_path`, and is created if it does not exist.
pub async fn up(
    db: &DatabaseConnection,
    schema: &str,
    other_logs: OtherLogs,
) -> Result<Vec<String>, MigrateError> {
    let write_lock_at_once = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(write_lock_at_once).await?;
    if db.get_database_backend() == DbBackend::Postgres {
        wait_for_turn(&transaction).await?;
    }
    let before = versions(&transaction, schema, other_logs).await?;
    // A role that may only write can start if there is nothing to do.
    if before.iter().any(|version| !version.applied) {
        if db.get_database_backend() == DbBackend::Postgres {
            Schema::find(&transaction, schema).await?.make(&transaction).await?;
        }
        Migrator::up(&transaction, None).await?;
    }
    transaction.commit().await?;
    Ok(before.into_iter().filter(|version| !version.applied).map(|version| version.name).collect())
}

/// All versions of the schema, oldest first. Changes nothing.
pub async fn status(
    db: &DatabaseConnection,
    schema: &str,
    other_logs: OtherLogs,
) -> Result<Vec<Version>, MigrateError> {
    // One connection for all queries: there may be no second one.
    let transaction = db.begin().await?;
    let versions = versions(&transaction, schema, other_logs).await?;
    transaction.commit().await?;
    Ok(versions)
}

async fn versions(
    db: &DatabaseTransaction,
    schema: &str,
    other_logs: OtherLogs,
) -> Result<Vec<Version>, MigrateError> {
    let schema = match db.get_database_backend() {
        DbBackend::Postgres => Some(Schema::find(db, schema).await?),
        _ => None,
    };
    if let Some(schema) = &schema {
        schema.check_usable()?;
    }
    let applied = match table(db).await? {
        Table::Absent => Vec::new(),
        Table::OfAnother => return Err(MigrateError::OfAnother { versions: Vec::new() }),
        // Not by the library, which creates its table first: a reader may have no right to.
        Table::There => seaql_migrations::Entity::find().all(db).await?,
    };
    if let Some(schema) = &schema
        && applied.is_empty()
        && other_logs == OtherLogs::Refused
    {
        schema.check_no_other(db).await?;
    }
    let applied: Vec<String> = applied.into_iter().map(|model| model.version).collect();
    let unknown: Vec<String> =
        applied.iter().filter(|name| !known().any(|known| known == **name)).cloned().collect();
    match unknown.is_empty() {
        true => Ok(known().map(|name| Version { applied: applied.contains(&name), name }).collect()),
        // A newer log-service has all versions of an older one.
        false if known().all(|name| applied.contains(&name)) => Err(MigrateError::Newer { unknown }),
        false => Err(MigrateError::OfAnother { versions: unknown }),
    }
}

/// The table of the versions.
enum Table {
    Absent,
    There,
    /// It has other columns.
    OfAnother,
}

async fn table(db: &impl ConnectionTrait) -> Result<Table, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT count(*) FILTER (WHERE attname IN ('version', 'applied_at'))
            FROM (SELECT to_regclass('seaql_migrations') AS oid) AS found
            LEFT JOIN pg_attribute ON attrelid = oid WHERE oid IS NOT NULL GROUP BY oid"
        }
        _ => {
            "SELECT (SELECT count(*) FROM pragma_table_info('seaql_migrations') WHERE name IN ('version', 'applied_at'))
            FROM sqlite_master WHERE name = 'seaql_migrations'"
        }
    };
    let found = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let columns: Option<i64> = found.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(match columns {
        None => Table::Absent,
        Some(2) => Table::There,
        Some(_) => Table::OfAnother,
    })
}

fn known() -> impl Iterator<Item = String> {
    Migrator::migrations().into_iter().map(|migration| migration.name().to_owned())
}

/// Only one replica migrates at a time; the lock ends with the transaction.
async fn wait_for_turn(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    // Waiting and migrating may take longer than other statements.
    const LOCK: &str = "SET LOCAL statement_timeout TO 0;
        SELECT pg_advisory_xact_lock(hashtext('log-service migration'))";
    transaction.execute_unprepared(LOCK).await?;
    Ok(())
}
