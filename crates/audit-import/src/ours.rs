use std::time::Duration;

use audit_core::store::{Row, Table};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement, Value};

use crate::{ImportError, columns::Columns, digest::Digest, group::Group};

/// The original's driver rounds nanoseconds to microseconds; this service cuts them off. So the time of the same event
/// can be one microsecond later there.
const ROUNDED_BY: TimeDelta = TimeDelta::microseconds(1);

/// One of our tables.
#[derive(Debug)]
pub(crate) struct Ours<'t> {
    pub(crate) db: &'t DatabaseConnection,
    pub(crate) table: &'t Table,
    pub(crate) columns: &'t Columns,
    pub(crate) timeout: Duration,
}

impl Ours<'_> {
    /// What is stored under the id and time of each group, of what the original can know. Groups come in the order of
    /// time.
    pub(crate) async fn stored(&self, groups: &[Group]) -> Result<Vec<Vec<Digest>>, ImportError> {
        let mut stored = Vec::with_capacity(groups.len());
        for groups in groups.chunk_by(|one, next| month_of(one) == month_of(next)) {
            stored.extend(self.stored_in_month(groups).await?);
        }
        Ok(stored)
    }

    async fn stored_in_month(&self, groups: &[Group]) -> Result<Vec<Vec<Digest>>, ImportError> {
        let table = self.table.name;
        let mut stored = vec![Vec::new(); groups.len()];
        let Some(example) = groups.first().map(|group| &group.row) else { return Ok(stored) };
        let found = tokio::time::timeout(self.timeout, self.db.query_all_raw(self.question(groups))).await;
        let found = found.map_err(|_| ImportError::TimedOut { table })?;
        let failed = |source| ImportError::Read { table, source };
        for row in found.map_err(failed)? {
            let place = row.try_get_by_index::<i32>(0).map_err(failed)?;
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            if let (Some(group), Some(stored)) = (groups.get(place), stored.get_mut(place)) {
                stored.push(self.digest(&row, &group.row, example).map_err(failed)?);
            }
        }
        Ok(stored)
    }

    /// The bounds on the time let PostgreSQL leave out the partitions of other months. They stand in the text, so that
    /// they do whichever way it makes its plan.
    fn question(&self, groups: &[Group]) -> Statement {
        let mut values: Vec<Value> = Vec::new();
        let mut given = Vec::new();
        for (place, Group { row, .. }) in groups.iter().enumerate() {
            let first = values.len() + 1;
            given.push(format!("({place}, ${first}, ${}, ${})", first + 1, first + 2));
            values.extend([row.id.into(), row.occurred_at.into(), cut_off(row.occurred_at).into()]);
        }
        let month = groups.first().and_then(month_of);
        let from = month.map_or(String::new(), |month| {
            format!(" AND stored.occurred_at >= '{}'", cut_off(start_of(month)).to_rfc3339())
        });
        let to = month.and_then(|month| month.checked_add_months(Months::new(1)));
        let to = to.map_or(String::new(), |next| {
            format!(" AND stored.occurred_at < '{}'", start_of(next).to_rfc3339())
        });
        let columns: Vec<_> =
            self.columns.shared().iter().map(|(_, column)| format!("stored.{column}")).collect();
        let sql = format!(
            "WITH given (place, id, occurred_at, cut_off) AS (VALUES {})
            SELECT given.place, {} FROM given JOIN {} AS stored
            ON stored.id = given.id AND stored.occurred_at IN (given.occurred_at, given.cut_off)
            WHERE TRUE{from}{to}",
            given.join(", "),
            columns.join(", "),
            self.table.name,
        );
        Statement::from_sql_and_values(self.db.get_database_backend(), sql, values)
    }

    /// The digest of a stored row under the id and time that the original has.
    fn digest(&self, stored: &QueryResult, original: &Row, example: &Row) -> Result<Digest, DbErr> {
        let mut values = Vec::new();
        for (at, (place, column)) in self.columns.shared().iter().enumerate() {
            let like = example.values.get(*place);
            values.push(value(stored, at + 1, like).map_err(|error| in_column(column, &error))?);
        }
        Ok(Digest::of(original.id, original.occurred_at, values.iter(), self.columns))
    }
}

/// The first day of a group's month, in UTC.
fn month_of(group: &Group) -> Option<NaiveDate> {
    group.row.occurred_at.date_naive().with_day(1)
}

fn start_of(month: NaiveDate) -> DateTime<Utc> {
    month.and_time(NaiveTime::MIN).and_utc()
}

fn cut_off(time: DateTime<Utc>) -> DateTime<Utc> {
    time - ROUNDED_BY
}

/// A value of the type that its column has in every row.
fn value(row: &QueryResult, at: usize, like: Option<&Value>) -> Result<Value, DbErr> {
    Ok(match like {
        Some(Value::String(_)) => row.try_get_by_index::<Option<String>>(at)?.into(),
        Some(Value::Uuid(_)) => row.try_get_by_index::<Option<uuid::Uuid>>(at)?.into(),
        Some(Value::Int(_)) => row.try_get_by_index::<Option<i32>>(at)?.into(),
        Some(Value::BigInt(_)) => row.try_get_by_index::<Option<i64>>(at)?.into(),
        Some(Value::Bool(_)) => row.try_get_by_index::<Option<bool>>(at)?.into(),
        Some(Value::Json(_)) => row.try_get_by_index::<Option<serde_json::Value>>(at)?.into(),
        _ => return Err(DbErr::Type("no log table has such a column".to_owned())),
    })
}

fn in_column(column: &str, error: &DbErr) -> DbErr {
    DbErr::Type(format!("column {column}: {error}"))
}
