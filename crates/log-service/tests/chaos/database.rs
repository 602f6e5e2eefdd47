//! Questions to the tables, on the direct way.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use crate::{domains::Logged, events::Key};

pub(crate) async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    let mut db = PgConnection::connect(url).await?;
    db.execute("SET search_path TO audit").await?;
    Ok(db)
}

pub(crate) async fn has(db: &mut PgConnection, of: &Logged, key: Key) -> sqlx::Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM {} WHERE id = $1 AND occurred_at = $2)", of.table);
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(key.id).bind(key.occurred_at).fetch_one(db).await
}

pub(crate) async fn count(db: &mut PgConnection, of: &Logged) -> sqlx::Result<u64> {
    let sql = format!("SELECT count(*) FROM {}", of.table);
    let count: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(db).await?;
    Ok(count.unsigned_abs())
}

/// Every row, with the number of its event if it has one.
pub(crate) async fn each_row(
    db: &mut PgConnection,
    of: &Logged,
    mut look: impl FnMut(Key, Option<u64>),
) -> sqlx::Result<()> {
    let sql = format!("SELECT id, occurred_at, (extra->>'number')::bigint FROM {}", of.table);
    let mut rows = sqlx::query_as::<_, (Uuid, DateTime<Utc>, Option<i64>)>(AssertSqlSafe(sql)).fetch(db);
    while let Some((id, occurred_at, number)) = rows.try_next().await? {
        look(Key { id, occurred_at }, number.map(i64::unsigned_abs));
    }
    Ok(())
}
