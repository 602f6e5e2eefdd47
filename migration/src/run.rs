use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{
        ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
        SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    },
    seaql_migrations,
};

use crate::Migrator;

/// Why a database was not brought to the newest version.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was migrated by a newer program.
    #[error(
        "the database has schema versions that this program does not know ({}): \
         it was migrated by a newer log-service, use that one or newer",
        .unknown.join(", ")
    )]
    Newer {
        /// The versions that are not known here.
        unknown: Vec<String>,
    },
    /// The database said no, or can't be reached.
    #[error("the database can't be migrated: {0}")]
    Database(#[from] DbErr),
}

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
/// `schema` is made if it is not there; PostgreSQL only, and first in the connection's `search_path`.
pub async fn up(db: &DatabaseConnection, schema: &str) -> Result<Vec<String>, MigrateError> {
    let write_lock_at_once = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(write_lock_at_once).await?;
    if db.get_database_backend() == DbBackend::Postgres {
        wait_for_turn(&transaction).await?;
        make_schema(&transaction, schema).await?;
    }
    Migrator::install(&transaction).await?;
    let before = versions(&transaction).await?;
    Migrator::up(&transaction, None).await?;
    transaction.commit().await?;
    Ok(before.into_iter().filter(|version| !version.applied).map(|version| version.name).collect())
}

/// All versions of the schema, oldest first. Changes nothing.
pub async fn status(db: &DatabaseConnection) -> Result<Vec<Version>, MigrateError> {
    if was_ever_migrated(db).await? {
        versions(db).await
    } else {
        let pending = |name| Version { name, applied: false };
        Ok(known().map(pending).collect())
    }
}

async fn was_ever_migrated(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Postgres => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
        _ => "SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations'",
    };
    Ok(db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?.is_some())
}

/// Read by hand: the library's own way makes its table first, for which a reader may lack the right.
async fn versions(db: &impl ConnectionTrait) -> Result<Vec<Version>, MigrateError> {
    let applied = seaql_migrations::Entity::find().all(db).await?;
    let applied: Vec<String> = applied.into_iter().map(|model| model.version).collect();
    let unknown: Vec<String> =
        applied.iter().filter(|name| !known().any(|known| known == **name)).cloned().collect();
    if !unknown.is_empty() {
        return Err(MigrateError::Newer { unknown });
    }
    Ok(known().map(|name| Version { applied: applied.contains(&name), name }).collect())
}

fn known() -> impl Iterator<Item = String> {
    Migrator::migrations().into_iter().map(|migration| migration.name().to_owned())
}

/// Only one replica migrates at a time; the lock ends with the transaction.
async fn wait_for_turn(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    // Waiting and migrating may take longer than the statements of every day.
    const LOCK: &str = "SET LOCAL statement_timeout TO 0;
        SELECT pg_advisory_xact_lock(hashtext('log-service migration'))";
    transaction.execute_unprepared(LOCK).await?;
    Ok(())
}

/// `CREATE SCHEMA IF NOT EXISTS` wants the right to make schemas even where there is nothing to make.
async fn make_schema(transaction: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    let exists = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT 1 FROM pg_namespace WHERE nspname = $1",
        [schema.into()],
    );
    if transaction.query_one_raw(exists).await?.is_none() {
        let quoted = schema.replace('"', "\"\"");
        transaction.execute_unprepared(&format!("CREATE SCHEMA \"{quoted}\"")).await?;
    }
    Ok(())
}
