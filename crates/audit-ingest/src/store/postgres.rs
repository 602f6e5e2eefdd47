//! Rows as one array for each column: `INSERT … SELECT * FROM UNNEST(…)`. The statement's text is the same
//! for every size of batch, so it is prepared once on each connection.

use std::{collections::BTreeSet, sync::Arc};

use audit_core::store::{Row, Table};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use sea_orm::{
    DatabaseConnection, DbErr, RuntimeErr, SqlxError, Value,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, postgres::PgArguments, query::Query, types::Json},
};

use super::{Inserted, lacks_partition};

pub(super) async fn insert(db: &DatabaseConnection, table: &Table, rows: &[Row]) -> Result<Inserted, DbErr> {
    let pool = db.get_postgres_connection_pool();
    let stored = match insert_new(pool, table, rows).await {
        Err(SqlxError::Database(refusal)) if lacks_partition(refusal.as_ref()) => {
            let months =
                rows.iter().map(|row| row.occurred_at.date_naive()).filter_map(|date| date.with_day(1));
            add_partitions(pool, &[table.name], months.collect()).await.map_err(failed)?;
            insert_new(pool, table, rows).await
        }
        outcome => outcome,
    };
    let stored = stored.map_err(failed)?;
    let there_before = rows.len() as u64 - stored;
    let conflicts =
        if there_before == 0 { Vec::new() } else { conflicts(pool, table, rows).await.map_err(failed)? };
    Ok(Inserted { stored, duplicates: there_before.saturating_sub(conflicts.len() as u64), conflicts })
}

/// Makes partitions for this month and so many more, and says when the last one ends.
pub(super) async fn prepare_months(
    db: &DatabaseConnection,
    tables: &[&Table],
    ahead: u32,
) -> Result<DateTime<Utc>, DbErr> {
    let now = Utc::now();
    let this_month = now.date_naive().with_day(1);
    let month = |more| this_month?.checked_add_months(Months::new(more));
    let months = (0..=ahead).filter_map(month).collect();
    let names: Vec<_> = tables.iter().map(|table| table.name).collect();
    add_partitions(db.get_postgres_connection_pool(), &names, months).await.map_err(failed)?;
    Ok(month(ahead + 1).map_or(now, |end| end.and_time(NaiveTime::MIN).and_utc()))
}

/// The migration has the function, and says how it lets writers go on meanwhile. Each partition is a transaction
/// of its own: what was made stays, should there be too many for one time-out.
async fn add_partitions(
    pool: &PgPool,
    tables: &[&str],
    months: BTreeSet<NaiveDate>,
) -> Result<(), SqlxError> {
    for month in months {
        for table in tables {
            let ensure = sqlx::query("SELECT ensure_log_partition($1, $2)");
            ensure.bind(table).bind(month).execute(pool).await?;
        }
    }
    Ok(())
}

/// How many of the rows are new; those are stored.
async fn insert_new(pool: &PgPool, table: &Table, rows: &[Row]) -> Result<u64, SqlxError> {
    let Table { name, columns, .. } = table;
    let sql = format!(
        "INSERT INTO {name} ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING",
        columns.join(", "),
        parameters(columns.len()),
    );
    Ok(with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?.execute(pool).await?.rows_affected())
}

/// Which of the rows differ from the stored event of their id and time. The database compares: it knows when
/// two JSON values are the same. The trace is no part of the content: a second try has another one.
async fn conflicts(pool: &PgPool, table: &Table, rows: &[Row]) -> Result<Vec<usize>, SqlxError> {
    let Table { name, columns, .. } = table;
    let content = columns.iter().filter(|column| !matches!(**column, "id" | "occurred_at" | "trace_id"));
    let of =
        |side: &str| content.clone().map(|column| format!("{side}.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT given.place, stored.seq IS NULL FROM UNNEST({}) WITH ORDINALITY AS given ({}, place)
        LEFT JOIN {name} AS stored USING (id, occurred_at)
        WHERE stored.seq IS NULL OR ({}) IS DISTINCT FROM ({})",
        parameters(columns.len()),
        columns.join(", "),
        of("given"),
        of("stored"),
    );
    let query = with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?;
    let places = query.fetch_all(pool).await?;
    places
        .iter()
        .map(|row| {
            let (place, is_absent): (i64, bool) = (sqlx::Row::try_get(row, 0)?, sqlx::Row::try_get(row, 1)?);
            if is_absent {
                // Somebody took it away between the two statements: the next try stores it.
                return Err(SqlxError::Protocol("a row was neither stored nor there before".to_owned()));
            }
            usize::try_from(place - 1).map_err(|error| SqlxError::Decode(error.into()))
        })
        .collect()
}

fn parameters(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

type PgQuery<'q> = Query<'q, Postgres, PgArguments>;

/// Binds each column's values as an array. Its type is that of the first row: a row's values have the types
/// of its entity's columns.
fn with_columns<'q>(
    mut query: PgQuery<'q>,
    table: &Table,
    rows: &'q [Row],
) -> Result<PgQuery<'q>, SqlxError> {
    let first = rows.first().map_or(&[][..], |row| &row.values);
    for (at, (name, first)) in table.columns.iter().zip(first).enumerate() {
        let values = rows.iter().map(|row| row.values.get(at));
        query = match first {
            Value::Uuid(_) => query.bind(array(values, |v| if let Value::Uuid(v) = v { *v } else { None })),
            Value::Int(_) => query.bind(array(values, |v| if let Value::Int(v) = v { *v } else { None })),
            Value::BigInt(_) => {
                query.bind(array(values, |v| if let Value::BigInt(v) = v { *v } else { None }))
            }
            Value::Bool(_) => query.bind(array(values, |v| if let Value::Bool(v) = v { *v } else { None })),
            Value::String(_) => {
                query.bind(array(values, |v| if let Value::String(v) = v { v.as_deref() } else { None }))
            }
            Value::ChronoDateTimeUtc(_) => {
                query.bind(array(values, |v| if let Value::ChronoDateTimeUtc(v) = v { *v } else { None }))
            }
            Value::Json(_) => query
                .bind(array(values, |v| if let Value::Json(v) = v { v.as_deref().map(Json) } else { None })),
            _ => return Err(SqlxError::Encode(format!("column {name}: no array of this type").into())),
        };
    }
    Ok(query)
}

fn array<'r, T>(
    values: impl Iterator<Item = Option<&'r Value>>,
    of: impl Fn(&'r Value) -> Option<T>,
) -> Vec<Option<T>> {
    values.map(|value| value.and_then(&of)).collect()
}

fn failed(error: SqlxError) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}
