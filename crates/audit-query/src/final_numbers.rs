use std::{collections::BTreeMap, time::Duration};

use sea_orm::{DbBackend, DbErr, QueryResult, TryGetable};
use tokio::time::{Instant, sleep};

use crate::{
    Filter, LogReader, LogTable, QueryError,
    horizon::{Horizon, Proof, Writers},
    sql::Sql,
};

/// How long a result is reused. Followers ask twice a second.
const MAX_AGE: Duration = Duration::from_millis(250);
/// How long a new follower waits for transactions that are storing events.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long it waits before it looks again.
const PAUSE: Duration = Duration::from_millis(20);

impl LogReader {
    /// The number up to which each table is final, in the order of the tables. A statement that begins after this sees every
    /// event up to it.
    ///
    /// Followers share the result, and the database is only asked while there are any. No lock is taken, so followers can't
    /// hold up ingest.
    pub(crate) async fn final_numbers(&self) -> Result<Vec<i64>, QueryError> {
        self.final_numbers_within(MAX_AGE).await
    }

    /// The last number of each table. Waits until they are final for the tables of a filter, but only for a second, as a
    /// transaction may stay open.
    pub(crate) async fn last_numbers_when_final(&self, filter: &Filter) -> Result<Vec<i64>, QueryError> {
        let last = self.primary.as_deref().unwrap_or(self).last_numbers().await?;
        let deadline = Instant::now() + PATIENCE;
        let number = |of: &[i64], table: usize| of.get(table).copied().unwrap_or(0);
        loop {
            let reached = self.final_numbers_within(PAUSE).await?;
            let mut tables = self.selected_tables(filter);
            if tables.all(|(table, _)| number(&reached, table) >= number(&last, table))
                || Instant::now() >= deadline
            {
                return Ok(last);
            }
            sleep(PAUSE).await;
        }
    }

    async fn final_numbers_within(&self, max_age: Duration) -> Result<Vec<i64>, QueryError> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            // SQLite has one writer at a time, and no number is drawn before it has its turn.
            return self.last_numbers().await;
        }
        let mut horizon = self.horizon.lock().await;
        if horizon.age() > max_age {
            match &self.primary {
                None => {
                    let numbers = self.prove(&mut horizon).await?;
                    horizon.publish(numbers);
                }
                Some(primary) => self.prove_for_replica(primary, &mut horizon).await?,
            }
            horizon.looked();
        }
        Ok(horizon.numbers().to_vec())
    }

    /// A replica knows neither the writers nor the last number. So the primary proves, and followers may read once the
    /// replica has replayed the write-ahead log as far as the primary had written it by then.
    async fn prove_for_replica(&self, primary: &Self, horizon: &mut Horizon) -> Result<(), QueryError> {
        if horizon.unreplayed().is_none() {
            let numbers = primary.prove(horizon).await?;
            let wal_position = primary.wal_position().await?;
            horizon.await_replay(Proof { numbers, wal_position });
        }
        if let Some(proof) = horizon.unreplayed()
            && self.has_replayed(&proof.wal_position).await?
        {
            horizon.publish_replayed();
        }
        Ok(())
    }

    /// The numbers are read before the writers: whoever drew one of them is among the writers, or has ended.
    async fn prove(&self, horizon: &mut Horizon) -> Result<Vec<i64>, QueryError> {
        let last = self.last_numbers().await?;
        let mut writers = self.writers().await?;
        let found = last.into_iter().enumerate();
        Ok(horizon.prove(found.map(|(table, last)| (last, writers.remove(&table).unwrap_or_default()))))
    }

    /// The last number that each table has given out.
    async fn last_numbers(&self) -> Result<Vec<i64>, QueryError> {
        let is_postgres = self.db.get_database_backend() == DbBackend::Postgres;
        let mut sql = Sql::default();
        for (number, LogTable { table, .. }) in self.tables.iter().enumerate() {
            let name = table.name;
            sql.push(if number == 0 { "" } else { " UNION ALL " });
            sql.push(&if is_postgres {
                format!("SELECT {number} AS number, CASE WHEN is_called THEN last_value ELSE 0 END FROM {name}_seq")
            } else {
                format!("SELECT {number} AS number, coalesce(max(seq), 0) FROM {name}")
            });
        }
        sql.push(" ORDER BY number");
        let rows = self.fetch_rows(sql).await?;
        rows.iter()
            .map(|row| row.try_get_by_index(1))
            .collect::<Result<_, _>>()
            .map_err(QueryError::Unavailable)
    }

    /// The transactions that may have drawn numbers, by table. An insert locks the table and the sequence before it draws,
    /// and releases the locks after its rows are visible.
    async fn writers(&self) -> Result<BTreeMap<usize, Writers>, QueryError> {
        let mut sql = Sql::default();
        sql.push("SELECT number, virtualtransaction FROM pg_locks JOIN (VALUES ");
        for (number, LogTable { table, .. }) in self.tables.iter().enumerate() {
            let name = table.name;
            sql.push(if number == 0 { "" } else { ", " });
            sql.push(&format!("({number}, '{name}'::regclass), ({number}, '{name}_seq'::regclass)"));
        }
        sql.push(
            ") AS locked (number, relation) ON pg_locks.relation = locked.relation \
             WHERE mode = 'RowExclusiveLock' AND granted \
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        );
        let mut writers: BTreeMap<usize, Writers> = BTreeMap::new();
        for row in self.fetch_rows(sql).await? {
            let (table, writer) = writer(&row).map_err(QueryError::Unavailable)?;
            writers.entry(table).or_default().insert(writer);
        }
        Ok(writers)
    }

    /// Where the write-ahead log ends.
    async fn wal_position(&self) -> Result<String, QueryError> {
        let mut sql = Sql::default();
        sql.push("SELECT CAST(pg_current_wal_insert_lsn() AS text)");
        self.fetch_value(sql).await
    }

    /// Whether this database has what the primary had written when its log ended there.
    async fn has_replayed(&self, wal_position: &str) -> Result<bool, QueryError> {
        let mut sql = Sql::default();
        sql.push("SELECT NOT pg_is_in_recovery() OR pg_last_wal_replay_lsn() >= CAST(CAST(");
        sql.bind(wal_position).push(" AS text) AS pg_lsn)");
        self.fetch_value(sql).await
    }

    async fn fetch_value<T: TryGetable>(&self, sql: Sql) -> Result<T, QueryError> {
        let rows = self.fetch_rows(sql).await?;
        let row = rows.first().ok_or_else(|| DbErr::RecordNotFound("a row with one value".to_owned()));
        row.and_then(|row| row.try_get_by_index(0)).map_err(QueryError::Unavailable)
    }
}

/// The number of a table, and the name of a transaction.
fn writer(row: &QueryResult) -> Result<(usize, String), DbErr> {
    let number: i32 = row.try_get_by_index(0)?;
    let table = usize::try_from(number).map_err(|error| DbErr::Type(error.to_string()))?;
    Ok((table, row.try_get_by_index(1)?))
}
