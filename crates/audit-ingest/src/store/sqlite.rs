//! Rows as `VALUES`, in a transaction that takes the write lock at once.

use audit_core::store::{Row, Table};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
    sea_query::{Alias, OnConflict, Query, SimpleExpr},
};

use super::Inserted;

/// SQLite takes no more parameters in one statement.
const MOST_PARAMETERS: usize = 32_766;

pub(super) async fn insert(db: &DatabaseConnection, table: &Table, rows: &[Row]) -> Result<Inserted, DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(immediate).await?;
    let mut stored = 0;
    for chunk in rows.chunks(MOST_PARAMETERS / table.columns.len().max(1)) {
        stored += insert_new(&transaction, table, chunk).await?;
    }
    let there_before = rows.len() as u64 - stored;
    let conflicts = if there_before == 0 { Vec::new() } else { conflicts(&transaction, table, rows).await? };
    transaction.commit().await?;
    let duplicates = there_before.saturating_sub(conflicts.len() as u64);
    Ok(Inserted { stored, duplicates, conflicts, ..Inserted::default() })
}

/// How many of the rows are new; those are stored.
async fn insert_new(transaction: &DatabaseTransaction, table: &Table, rows: &[Row]) -> Result<u64, DbErr> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(table.name)).columns(table.columns.iter().copied().map(Alias::new));
    for row in rows {
        let values = row.values.iter().cloned().map(SimpleExpr::Value);
        insert
            .values(values)
            .map_err(|error| DbErr::Query(sea_orm::RuntimeErr::Internal(error.to_string())))?;
    }
    insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    Ok(transaction.execute(&insert).await?.rows_affected())
}

/// Which of the rows differ from the stored event of their id and time. The trace is no part of the content:
/// a second try has another one.
async fn conflicts(
    transaction: &DatabaseTransaction,
    table: &Table,
    rows: &[Row],
) -> Result<Vec<usize>, DbErr> {
    // Every column as its parameter, in the order of a row's values.
    let same = |column: &&str| match *column {
        "trace_id" => "? IS NOT trace_id OR TRUE".to_owned(),
        column => format!("{column} IS ?"),
    };
    let same: Vec<_> = table.columns.iter().map(|column| format!("({})", same(column))).collect();
    let sql = format!("SELECT 1 FROM {} WHERE {}", table.name, same.join(" AND "));
    let mut conflicts = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, &sql, row.values.iter().cloned());
        if transaction.query_one_raw(statement).await?.is_none() {
            conflicts.push(at);
        }
    }
    Ok(conflicts)
}
