//! Rows as one array for each column: `INSERT … SELECT * FROM UNNEST(…)`. The statement's text is the same
//! for every size of batch, so it is prepared once on each connection.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use audit_core::store::{MonthsAhead, Row, Table};
use chrono::{DateTime, Months, NaiveDate, Utc};
use sea_orm::{
    DbErr, RuntimeErr, SqlxError, Value,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, postgres::PgArguments, query::Query, types::Json},
};

use super::{Inserted, MadeMonths, Store, StoreError, lacks_partition, month_of, sqlx_error};

/// A statement writes to so many months at most. Each is a partition with its indexes, all of which stay locked until the
/// transaction ends, and the server has a table of all locks, which has an end.
const MOST_MONTHS: usize = 8;

/// Some rows of a batch, each with its place there.
type Placed<'r> = (usize, &'r Row);

impl Store {
    /// One statement stores all rows, and mostly nothing else is to be done.
    pub(super) async fn insert_by_months(&self, table: &Table, rows: &[Row]) -> Result<Inserted, StoreError> {
        let mut inserted = Inserted::default();
        for rows in of_few_months(rows.iter().enumerate().collect(), MOST_MONTHS) {
            if !self.insert_group(table, &rows, &mut inserted).await? {
                for rows in of_few_months(rows, 1) {
                    if !self.insert_group(table, &rows, &mut inserted).await? {
                        inserted.without_partition.extend(rows.iter().map(|(place, _)| place));
                    }
                }
            }
        }
        Ok(inserted)
    }

    /// Stores rows all at once. None are if one of them has no partition: then it is `false`.
    async fn insert_group(
        &self,
        table: &Table,
        rows: &[Placed<'_>],
        inserted: &mut Inserted,
    ) -> Result<bool, StoreError> {
        let pool = self.db.get_postgres_connection_pool();
        let inserting = async {
            match insert_new(pool, table, rows).await {
                Err(SqlxError::Database(refusal)) if lacks_partition(refusal.as_ref()) => Ok(None),
                outcome => outcome.map(Some).map_err(failed),
            }
        };
        let Some(stored) = self.in_time(inserting).await? else { return Ok(false) };
        let there_before = rows.len() as u64 - stored;
        let mut conflicting = Vec::new();
        if there_before > 0 {
            for month in of_few_months(rows.to_vec(), 1) {
                let found = async { conflicts(pool, table, &month).await.map_err(failed) };
                conflicting.extend(self.in_time(found).await?);
            }
        }
        inserted.stored += stored;
        inserted.duplicates += there_before.saturating_sub(conflicting.len() as u64);
        inserted.conflicts.extend(conflicting);
        Ok(true)
    }

    /// Each partition is a transaction of its own: what was made stays.
    pub(super) async fn make_partitions(&self, table: &Table, months: &BTreeSet<NaiveDate>) -> MadeMonths {
        let mut outcome = MadeMonths::default();
        for month in months {
            match self.make_partition(table, *month).await {
                Ok(()) => {
                    outcome.made.insert(*month);
                }
                Err(error) => {
                    let is_busy = is_busy(&error);
                    outcome.failed = Some(error);
                    if is_busy {
                        break;
                    }
                }
            }
        }
        outcome
    }

    /// Makes partitions for this month and the next ones, and says when the last one ends. A table of which that is not
    /// possible keeps none of the others from it.
    pub(super) async fn make_partitions_ahead(
        &self,
        tables: &[&Table],
        ahead: MonthsAhead,
    ) -> Result<DateTime<Utc>, StoreError> {
        let now = Utc::now();
        let month = |more| month_of(now).checked_add_months(Months::new(more));
        let mut failed = None;
        for table in tables {
            for month in (0..=ahead.0).filter_map(month) {
                if let Err(error) = self.make_partition(table, month).await {
                    failed = Some(error);
                    break;
                }
            }
        }
        failed.map_or(Ok(ahead.end(now)), Err)
    }

    /// The migration has the function, and says how it lets readers and writers go on meanwhile.
    async fn make_partition(&self, table: &Table, month: NaiveDate) -> Result<(), StoreError> {
        let making = async {
            // It is never closed.
            let _turn = self.making.acquire().await;
            let ensure = sqlx::query("SELECT ensure_log_partition($1, $2)").bind(table.name).bind(month);
            ensure.execute(self.db.get_postgres_connection_pool()).await.map_err(failed)
        };
        self.in_time(making).await.map(drop)
    }
}

/// Whether somebody else has the table locked, or the database is too busy: so it is for its other months as well.
fn is_busy(error: &StoreError) -> bool {
    const LOCK_NOT_AVAILABLE: &str = "55P03";
    match error {
        StoreError::TimedOut(_) => true,
        StoreError::Refused(error) | StoreError::Unavailable(error) => match sqlx_error(error) {
            Some(SqlxError::Database(refusal)) => refusal.code().as_deref() == Some(LOCK_NOT_AVAILABLE),
            _ => false,
        },
    }
}

/// Rows of so many months at most at a time. Those of one month stay in order.
fn of_few_months(rows: Vec<Placed<'_>>, most: usize) -> Vec<Vec<Placed<'_>>> {
    let month = |(_, row): &Placed<'_>| month_of(row.occurred_at);
    let months: BTreeSet<_> = rows.iter().map(month).collect();
    if months.len() <= most {
        return vec![rows];
    }
    let group_of: BTreeMap<_, _> =
        months.into_iter().zip(0..).map(|(month, at)| (month, at / most)).collect();
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for row in rows {
        groups.entry(group_of.get(&month(&row))).or_default().push(row);
    }
    groups.into_values().collect()
}

/// How many of the rows are new; those are stored.
async fn insert_new(pool: &PgPool, table: &Table, rows: &[Placed<'_>]) -> Result<u64, SqlxError> {
    let Table { name, columns, .. } = table;
    let sql = format!(
        "INSERT INTO {name} ({}) SELECT * FROM UNNEST({}) ON CONFLICT DO NOTHING",
        columns.join(", "),
        parameters(columns.len()),
    );
    Ok(with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?.execute(pool).await?.rows_affected())
}

/// Which of the rows, all of one month, differ from the stored event of their id and time. The database compares: it
/// knows when two JSON values are the same. The trace is no part of the content: a second try has another one.
///
/// The times bound what is looked at to the partition of that month. They do so only in a plan that is made for them, so
/// the statement is not kept: of a plan for all times, each partition would be a part.
async fn conflicts(pool: &PgPool, table: &Table, rows: &[Placed<'_>]) -> Result<Vec<usize>, SqlxError> {
    let Table { name, columns, .. } = table;
    let content = columns.iter().filter(|column| !matches!(**column, "id" | "occurred_at" | "trace_id"));
    let of =
        |side: &str| content.clone().map(|column| format!("{side}.{column}")).collect::<Vec<_>>().join(", ");
    let (first, last) = (columns.len() + 1, columns.len() + 2);
    let sql = format!(
        "SELECT given.place, stored.seq IS NULL FROM UNNEST({}) WITH ORDINALITY AS given ({}, place)
        LEFT JOIN (SELECT * FROM {name} WHERE occurred_at BETWEEN ${first} AND ${last}) AS stored
            USING (id, occurred_at)
        WHERE stored.seq IS NULL OR ({}) IS DISTINCT FROM ({})",
        parameters(columns.len()),
        columns.join(", "),
        of("given"),
        of("stored"),
    );
    let times = || rows.iter().map(|(_, row)| row.occurred_at);
    let query = with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?;
    let query = query.bind(times().min()).bind(times().max()).persistent(false);
    let differing = query.fetch_all(pool).await?;
    differing
        .iter()
        .map(|differing| {
            let (place, is_absent): (i64, bool) =
                (sqlx::Row::try_get(differing, 0)?, sqlx::Row::try_get(differing, 1)?);
            if is_absent {
                // Somebody took it away between the two statements: the next try stores it.
                return Err(SqlxError::Protocol("a row was neither stored nor there before".to_owned()));
            }
            let at = usize::try_from(place - 1).map_err(|error| SqlxError::Decode(error.into()))?;
            let placed = rows.get(at).ok_or_else(|| SqlxError::Decode("a row that was not given".into()))?;
            Ok(placed.0)
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
    rows: &[Placed<'q>],
) -> Result<PgQuery<'q>, SqlxError> {
    let first = rows.first().map_or(&[][..], |(_, row)| &row.values);
    for (at, (name, first)) in table.columns.iter().zip(first).enumerate() {
        let values = rows.iter().map(|(_, row)| row.values.get(at));
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
