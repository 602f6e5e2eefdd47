//! Inserts rows as one array for each column: `INSERT … SELECT … FROM UNNEST(…)`. The statement's text is the same for all
//! batches of a month, whatever their size.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use audit_core::store::{Row, Table, lacks_partition};
use chrono::NaiveDate;
use sea_orm::{
    DbErr, RuntimeErr, SqlxError, Value,
    sqlx::{self, AssertSqlSafe, PgPool, Postgres, postgres::PgArguments, query::Query, types::Json},
};

use crate::{Inserted, Store, StoreError, TIME_TOLERANCE, month_of, within_id_window};

/// A row with its index in the batch.
type Indexed<'r> = (usize, &'r Row);

/// Rows that differ from the stored events with the same ids.
#[derive(Default)]
struct Mismatches<'r> {
    /// An event with the id is stored.
    conflicts: Vec<Indexed<'r>>,
    /// No event with the id is stored.
    absent: Vec<Indexed<'r>>,
}

impl Store {
    /// Usually one statement stores all rows of a month.
    ///
    /// A statement does not see the rows that it inserts itself. So it gets each id only once; further rows with that id are
    /// then compared with what is stored.
    pub(super) async fn insert_by_months(&self, table: &Table, rows: &[Row]) -> Result<Inserted, StoreError> {
        let mut inserted = Inserted::default();
        let mut not_made = BTreeSet::new();
        let mut rest: Vec<_> = rows.iter().enumerate().collect();
        while !rest.is_empty() {
            let mut ids = HashSet::with_capacity(rest.len());
            let (first, again): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, row)| ids.insert(row.id));
            for (month, rows) in by_month(first) {
                if !self.insert_month(table, month, &rows, &mut inserted).await? {
                    inserted.without_partition.extend(places(&rows));
                    not_made.insert(month);
                }
            }
            rest = Vec::new();
            for (month, rows) in by_month(again) {
                let Mismatches { conflicts, absent } = self.differing(table, month, &rows).await?;
                inserted.duplicates += (rows.len() - conflicts.len() - absent.len()) as u64;
                inserted.conflicts.extend(places(&conflicts));
                if not_made.contains(&month) {
                    inserted.without_partition.extend(places(&absent));
                } else {
                    rest.extend(absent);
                }
            }
        }
        Ok(inserted)
    }

    /// Stores rows of one month with distinct ids, all at once. Returns `false` if there is no partition for them: then
    /// none is stored.
    async fn insert_month(
        &self,
        table: &Table,
        month: NaiveDate,
        rows: &[Indexed<'_>],
        inserted: &mut Inserted,
    ) -> Result<bool, StoreError> {
        let pool = self.db.get_postgres_connection_pool();
        let inserting = async {
            match insert_new(pool, table, month, rows).await.map_err(failed) {
                Err(error) if lacks_partition(&error) => Ok(None),
                outcome => outcome.map(Some),
            }
        };
        let Some(stored) = self.with_timeout(inserting).await? else { return Ok(false) };
        inserted.stored += stored;
        let known = rows.len() as u64 - stored;
        if known > 0 {
            let Mismatches { conflicts, absent } = self.differing(table, month, rows).await?;
            if !absent.is_empty() {
                // It was removed between the two statements. The next attempt stores it.
                let error = SqlxError::Protocol("a row was neither stored nor there before".to_owned());
                return Err(StoreError::Unavailable(failed(error)));
            }
            inserted.duplicates += known.saturating_sub(conflicts.len() as u64);
            inserted.conflicts.extend(places(&conflicts));
        }
        Ok(true)
    }

    async fn differing<'r>(
        &self,
        table: &Table,
        month: NaiveDate,
        rows: &[Indexed<'r>],
    ) -> Result<Mismatches<'r>, StoreError> {
        let pool = self.db.get_postgres_connection_pool();
        self.with_timeout(async { differing(pool, table, month, rows).await.map_err(failed) }).await
    }
}

/// Groups rows by month. Those of one month stay in order.
fn by_month(rows: Vec<Indexed<'_>>) -> BTreeMap<NaiveDate, Vec<Indexed<'_>>> {
    let mut months = BTreeMap::<_, Vec<_>>::new();
    for (place, row) in rows {
        months.entry(month_of(row.occurred_at)).or_default().push((place, row));
    }
    months
}

fn places(rows: &[Indexed<'_>]) -> impl Iterator<Item = usize> {
    rows.iter().map(|(place, _)| *place)
}

/// Stores those of the rows that are new, all of one month. Returns how many.
///
/// Stored rows are looked up here and not by `ON CONFLICT`, which compares whole keys only, looks up each row once more, and
/// writes it in two steps. Only a concurrent insert of the same row is left to `ON CONFLICT`.
async fn insert_new(
    pool: &PgPool,
    table: &Table,
    month: NaiveDate,
    rows: &[Indexed<'_>],
) -> Result<u64, SqlxError> {
    let Table { name, columns, .. } = table;
    // PostgreSQL may cache a plan from when the partition was empty and any index seemed good. `ORDER BY id LIMIT 1` with a
    // range forces the index of the key: an equality would need no order, and `NOT EXISTS` could become a join that reads
    // whole partitions.
    let insert = format!(
        "INSERT INTO {name} ({columns}) SELECT * FROM UNNEST({}) AS given ({columns})
        WHERE (
            SELECT TRUE FROM {name} AS stored WHERE stored.id BETWEEN given.id AND given.id AND {}
            ORDER BY stored.id LIMIT 1
        ) IS NULL",
        parameters(columns.len()),
        within_id_window(month),
        columns = columns.join(", "),
    );
    let run = async |sql| with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?.execute(pool).await;
    let outcome = match run(insert.clone()).await {
        Err(SqlxError::Database(refusal)) if refusal.is_unique_violation() => {
            run(insert + " ON CONFLICT DO NOTHING").await
        }
        outcome => outcome,
    };
    Ok(outcome?.rows_affected())
}

/// Returns the rows, all of one month, whose content differs from the stored event with the same id and time; without one,
/// from a stored event with the same id whose time differs by rounding. The database compares, because it knows when two
/// JSON values are equal. The trace is not part of the content: a retry has another one.
async fn differing<'r>(
    pool: &PgPool,
    table: &Table,
    month: NaiveDate,
    rows: &[Indexed<'r>],
) -> Result<Mismatches<'r>, SqlxError> {
    let Table { name, columns, .. } = table;
    let content = columns.iter().filter(|column| !matches!(**column, "id" | "occurred_at" | "trace_id"));
    let of =
        |side: &str| content.clone().map(|column| format!("{side}.{column}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT given.place, known.events = 0
        FROM UNNEST({}) WITH ORDINALITY AS given ({}, place)
        CROSS JOIN LATERAL (
            SELECT count(*) AS events, coalesce(
                bool_or(is_same) FILTER (WHERE apart = interval '0'),
                bool_or(is_same) FILTER (WHERE apart BETWEEN - interval '{TIME_TOLERANCE}' AND interval '{TIME_TOLERANCE}')
            ) AS is_same
            FROM (
                SELECT stored.occurred_at - given.occurred_at AS apart, ({}) IS NOT DISTINCT FROM ({}) AS is_same
                FROM {name} AS stored WHERE stored.id = given.id AND {}
            ) AS compared
        ) AS known
        WHERE known.is_same IS NOT TRUE",
        parameters(columns.len()),
        columns.join(", "),
        of("given"),
        of("stored"),
        within_id_window(month),
    );
    // Rare, so not cached as a prepared statement.
    let query = with_columns(sqlx::query(AssertSqlSafe(sql)), table, rows)?.persistent(false);
    let mut differing = Mismatches::default();
    for row in query.fetch_all(pool).await? {
        let (number, is_absent): (i64, bool) = (sqlx::Row::try_get(&row, 0)?, sqlx::Row::try_get(&row, 1)?);
        let at = usize::try_from(number - 1).map_err(|error| SqlxError::Decode(error.into()))?;
        let placed = *rows.get(at).ok_or_else(|| SqlxError::Decode("a row that was not given".into()))?;
        if is_absent { &mut differing.absent } else { &mut differing.conflicts }.push(placed);
    }
    Ok(differing)
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
    rows: &[Indexed<'q>],
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

pub(super) fn failed(error: SqlxError) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}
