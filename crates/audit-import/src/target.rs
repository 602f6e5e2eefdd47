use std::time::Duration;

use audit_core::store::{Row, Table};
use audit_store::{TIME_TOLERANCE, month_of, within_id_window};
use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::{ImportError, columns::Columns, digest::Digest, group::Group};

/// The table that rows are copied to.
#[derive(Debug)]
pub(crate) struct TargetTable<'t> {
    pub(crate) db: &'t DatabaseConnection,
    pub(crate) table: &'t Table,
    pub(crate) columns: &'t Columns,
    pub(crate) timeout: Duration,
}

impl TargetTable<'_> {
    /// The content that is stored under the id of each group, in its month and the two adjacent ones, as far as the
    /// original has it. Groups are in the order of time.
    pub(crate) async fn stored(&self, groups: &[Group]) -> Result<Vec<Vec<Digest>>, ImportError> {
        let month = |group: &Group| month_of(group.row.occurred_at);
        let mut stored = Vec::with_capacity(groups.len());
        for groups in groups.chunk_by(|one, next| month(one) == month(next)) {
            if let Some(first) = groups.first() {
                stored.extend(self.stored_about(month(first), groups).await?);
            }
        }
        Ok(stored)
    }

    async fn stored_about(
        &self,
        month: NaiveDate,
        groups: &[Group],
    ) -> Result<Vec<Vec<Digest>>, ImportError> {
        let table = self.table.name;
        let mut stored = vec![Vec::new(); groups.len()];
        let Some(example) = groups.first().map(|group| &group.row) else { return Ok(stored) };
        let question = self.question(month, groups);
        let found = tokio::time::timeout(self.timeout, self.db.query_all_raw(question)).await;
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

    /// The bounds on the time let PostgreSQL skip the partitions of other months. They are part of the text, so that this
    /// works for any kind of plan. That plan may be from when our table was empty; so it is asked for the
    /// order of ids, which only the key gives, and for one event at a time.
    fn question(&self, month: NaiveDate, groups: &[Group]) -> Statement {
        let backend = self.db.get_database_backend();
        let given: Vec<_> = (0..groups.len()).map(|place| format!("({place}, ${})", place + 1)).collect();
        let columns = self.columns.shared().iter();
        let columns = columns.fold(String::new(), |columns, (_, column)| columns + ", stored." + column);
        let table = self.table.name;
        let in_reach = within_id_window(month);
        let stored = match backend {
            DbBackend::Postgres => format!(
                "CROSS JOIN LATERAL (
                    SELECT * FROM {table} AS stored WHERE id BETWEEN given.id AND given.id AND {in_reach} ORDER BY id
                ) AS stored"
            ),
            _ => format!("JOIN {table} AS stored ON stored.id = given.id AND {in_reach}"),
        };
        let sql = format!(
            "WITH given (place, id) AS (VALUES {})
            SELECT given.place, stored.occurred_at{columns} FROM given {stored}",
            given.join(", "),
        );
        let ids = groups.iter().map(|group| Value::from(group.row.id));
        Statement::from_sql_and_values(backend, sql, ids)
    }

    /// The digest of a stored row, under the time that the original has if it is only rounded there.
    fn digest(&self, stored: &QueryResult, original: &Row, example: &Row) -> Result<Digest, DbErr> {
        let mut occurred_at: DateTime<Utc> = stored.try_get_by_index(1)?;
        if (original.occurred_at - occurred_at).abs() <= TIME_TOLERANCE {
            occurred_at = original.occurred_at;
        }
        let mut values = Vec::new();
        for (at, (place, column)) in self.columns.shared().iter().enumerate() {
            let like = example.values.get(*place);
            values.push(value(stored, at + 2, like).map_err(|error| in_column(column, &error))?);
        }
        Ok(Digest::of(original.id, occurred_at, values.iter(), self.columns))
    }
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
