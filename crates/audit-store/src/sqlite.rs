//! Inserts rows as `VALUES`, in a transaction that takes the write lock at once.

use std::collections::HashMap;

use audit_core::store::{Row, Table};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
    sea_query::{Alias, Expr, ExprTrait, Query, SimpleExpr},
};
use uuid::Uuid;

use crate::{Inserted, TIME_TOLERANCE, id_window, month_of};

/// SQLite's limit for one statement.
const MAX_PARAMETERS: usize = 32_766;

pub(super) async fn insert(db: &DatabaseConnection, table: &Table, rows: &[Row]) -> Result<Inserted, DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = db.begin_with_options(immediate).await?;
    let mut times = stored_times(&transaction, table, rows).await?;
    let (mut new, mut known) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter().enumerate() {
        let times = times.entry(row.id).or_default();
        let reach = id_window(month_of(row.occurred_at));
        if times.iter().any(|time| reach.contains(time)) {
            known.push((place, row, times_of_one_event(times, row.occurred_at)));
        } else {
            times.push(row.occurred_at);
            new.push(row);
        }
    }
    let mut inserted = Inserted::default();
    for chunk in new.chunks(MAX_PARAMETERS / table.columns.len().max(1)) {
        inserted.stored += insert_new(&transaction, table, chunk).await?;
    }
    for (place, row, times) in known {
        if is_stored(&transaction, table, row, &times).await? {
            inserted.duplicates += 1;
        } else {
            inserted.conflicts.push(place);
        }
    }
    transaction.commit().await?;
    Ok(inserted)
}

/// The times of the stored events that have the ids of these rows.
async fn stored_times(
    transaction: &DatabaseTransaction,
    table: &Table,
    rows: &[Row],
) -> Result<HashMap<Uuid, Vec<DateTime<Utc>>>, DbErr> {
    let mut times = HashMap::<_, Vec<_>>::new();
    for chunk in rows.chunks(MAX_PARAMETERS) {
        let mut select = Query::select();
        select.columns(["id", "occurred_at"].map(Alias::new)).from(Alias::new(table.name));
        select.and_where(Expr::col(Alias::new("id")).is_in(chunk.iter().map(|row| row.id)));
        for stored in transaction.query_all(&select).await? {
            times.entry(stored.try_get_by_index(0)?).or_default().push(stored.try_get_by_index(1)?);
        }
    }
    Ok(times)
}

/// Those of the stored times that may belong to the event of this time: the same time or, without it, those that differ by
/// rounding.
fn times_of_one_event(times: &[DateTime<Utc>], time: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    if times.contains(&time) {
        return vec![time];
    }
    times.iter().copied().filter(|other| (*other - time).abs() <= TIME_TOLERANCE).collect()
}

/// Stores all rows, as nobody else writes meanwhile. Returns how many.
async fn insert_new(transaction: &DatabaseTransaction, table: &Table, rows: &[&Row]) -> Result<u64, DbErr> {
    let mut insert = Query::insert();
    insert.into_table(Alias::new(table.name)).columns(table.columns.iter().copied().map(Alias::new));
    for row in rows {
        let values = row.values.iter().cloned().map(SimpleExpr::Value);
        insert
            .values(values)
            .map_err(|error| DbErr::Query(sea_orm::RuntimeErr::Internal(error.to_string())))?;
    }
    Ok(transaction.execute(&insert).await?.rows_affected())
}

/// Whether the event is stored at one of these times with the content of this row. The trace is not part of the content,
/// because a retry has another one.
async fn is_stored(
    transaction: &DatabaseTransaction,
    table: &Table,
    row: &Row,
    times: &[DateTime<Utc>],
) -> Result<bool, DbErr> {
    // Each column with its parameter, in the order of a row's values.
    let same = |column: &&str| match *column {
        "trace_id" => "? IS NOT trace_id OR TRUE".to_owned(),
        column => format!("{column} IS ?"),
    };
    let same: Vec<_> = table.columns.iter().map(|column| format!("({})", same(column))).collect();
    let sql = format!("SELECT 1 FROM {} WHERE {}", table.name, same.join(" AND "));
    for time in times {
        let values = table.columns.iter().zip(&row.values);
        let values = values.map(|(column, value)| match *column {
            "occurred_at" => (*time).into(),
            _ => value.clone(),
        });
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, &sql, values);
        if transaction.query_one_raw(statement).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
