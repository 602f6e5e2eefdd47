//! Columns are added to a table of the released schema, with rows in it.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use migration::{LogTable, OtherLogs};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement,
};
use sea_orm_migration::{SchemaManager, prelude::*};
use test_servers::PostgreSql;

/// The schema as every release so far leaves it.
async fn released(url: &str) -> DatabaseConnection {
    // One connection: a database in memory is gone with it.
    let db = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
    migration::up(&db, "public", OtherLogs::Refused).await.unwrap();
    db
}

/// A migration of the next release: one column of each kind.
#[derive(DeriveMigrationName)]
struct AddedColumns;

#[async_trait::async_trait]
impl MigrationTrait for AddedColumns {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        LogTable::named("p_payment_log")
            .text("note")
            .indexed_text("receipt_number")
            .integer("attempts")
            .big_integer("amount")
            .integer("score")
            .optional()
            .big_integer("total")
            .optional()
            .add_columns(manager)
            .await
    }
}

async fn add_columns(db: &DatabaseConnection) {
    AddedColumns.up(&SchemaManager::new(db)).await.unwrap();
}

/// Stores an event of some month, with further columns and their values.
async fn store(db: &DatabaseConnection, month: u32, columns: &str, values: &str) {
    let id = format!("{month:032}");
    let id =
        if db.get_database_backend() == DbBackend::Sqlite { format!("x'{id}'") } else { format!("'{id}'") };
    let day = format!("2025-{month:02}-01");
    if db.get_database_backend() == DbBackend::Postgres {
        let partition = format!("SELECT ensure_log_partition('p_payment_log', '{day}')");
        db.execute_unprepared(&partition).await.unwrap();
    }
    let sql = format!(
        "INSERT INTO p_payment_log (id, occurred_at, action_type, actor_type{columns})
        VALUES ({id}, '{day} 00:00:00+00:00', 'CREATE', 'SYSTEM'{values})"
    );
    db.execute_unprepared(&sql).await.unwrap();
}

/// The added columns of all rows as text, the oldest row first.
async fn added_values(db: &DatabaseConnection) -> Vec<[Option<String>; 6]> {
    let names = ["note", "receipt_number", "attempts", "amount", "score", "total"];
    let values = names.map(|name| format!("CAST({name} AS text)")).join(", ");
    let sql = format!("SELECT {values} FROM p_payment_log ORDER BY occurred_at");
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let value = |row: &QueryResult, at| row.try_get_by_index(at).unwrap();
    rows.iter().map(|row| std::array::from_fn(|at| value(row, at))).collect()
}

async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

async fn assert_refused(db: &DatabaseConnection, change: &str) {
    let error = db.execute_unprepared(change).await.unwrap_err().to_string();
    assert!(error.contains("is append-only"), "{change}: {error}");
}

/// What holds on both databases.
async fn rows_are_kept_and_added(db: &DatabaseConnection) {
    store(db, 1, ", method, retry_count", ", 'TOSS_CARD', 3").await;
    add_columns(db).await;
    let old = [None, None, Some("0"), Some("0"), None, None].map(|value| value.map(str::to_owned));
    assert_eq!(added_values(db).await, std::slice::from_ref(&old));

    // A program of the release before goes on storing, and so does one of this release.
    store(db, 2, "", "").await;
    let columns = ", note, receipt_number, attempts, amount, score, total";
    store(db, 3, columns, ", 'by hand', 'R-1', 2, 9007199254740995, 7, -1").await;
    let new = ["by hand", "R-1", "2", "9007199254740995", "7", "-1"].map(|value| Some(value.to_owned()));
    assert_eq!(added_values(db).await, [old.clone(), old, new]);

    assert_refused(db, "UPDATE p_payment_log SET note = 'other'").await;
    assert_refused(db, "DELETE FROM p_payment_log").await;
    let required = LogTable::named("p_payment_log").text("reason").required();
    let error = required.add_columns(&SchemaManager::new(db)).await.unwrap_err().to_string();
    assert!(error.contains("reason can't be required"), "{error}");
}

#[tokio::test]
async fn columns_are_added_on_sqlite() {
    let db = released("sqlite::memory:").await;
    rows_are_kept_and_added(&db).await;
    let indexed = "SELECT name FROM sqlite_master
        WHERE type = 'index' AND sql LIKE '%(receipt_number, occurred_at)%'";
    assert_eq!(texts(&db, indexed).await, ["p_payment_log_receipt_number"]);
}

#[tokio::test]
async fn columns_are_added_on_postgresql() {
    let server = PostgreSql::start();
    let db = released(&server.url("postgres")).await;
    rows_are_kept_and_added(&db).await;
    // Each month has the index: one that was there before, and one that was made after.
    let indexed =
        "SELECT tablename::text FROM pg_indexes WHERE indexdef LIKE '%(receipt_number, occurred_at)%'
        ORDER BY tablename";
    let expected =
        ["p_payment_log", "p_payment_log_2025_01", "p_payment_log_2025_02", "p_payment_log_2025_03"];
    assert_eq!(texts(&db, indexed).await, expected);
    for month in ["2025_01", "2025_03"] {
        assert_refused(&db, &format!("UPDATE p_payment_log_{month} SET note = 'other'")).await;
        assert_refused(&db, &format!("TRUNCATE p_payment_log_{month}")).await;
    }
}

/// On PostgreSQL, adding columns rewrites no row, however many there are.
#[tokio::test]
async fn old_months_are_not_rewritten() {
    let server = PostgreSql::start();
    let db = released(&server.url("postgres")).await;
    store(&db, 1, "", "").await;
    let file = "SELECT relfilenode::text FROM pg_class WHERE relname = 'p_payment_log_2025_01'";
    let before = texts(&db, file).await;
    add_columns(&db).await;
    assert_eq!(texts(&db, file).await, before);
}
