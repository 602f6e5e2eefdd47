use std::{collections::BTreeMap, time::Duration};

use audit_core::Domain;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DbBackend, DbErr, QueryResult};

use crate::{
    AccessAction, Entry, Filter, LogReader, LogTable, Position, QueryError, ResolvedRange, Unrecorded,
    sql::Sql,
};

/// How long to wait before the next batch of a tail, when there is no more at the moment.
pub const TAIL_INTERVAL: Duration = Duration::from_millis(500);

/// Events in the order in which they are stored, a batch at a time, for as long as somebody asks for more.
#[derive(Debug)]
pub struct Tail {
    log: LogReader,
    filter: Filter,
    position: Position,
    /// Events stored before are left out.
    oldest: Option<DateTime<Utc>>,
}

/// What was stored since the batch before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TailBatch {
    /// The events, in the order of storing within each domain.
    pub entries: Vec<Entry>,
    /// Whether there may be more at once.
    pub is_more: bool,
}

/// How many sequence numbers of a table one batch covers.
const BATCH_NUMBERS: i64 = 1_000;

/// The sequences of the tables, as they were at one moment.
struct Sequences {
    /// The last number that each domain's table has given out, or a little more.
    last: BTreeMap<Domain, i64>,
    /// Which rows are settled; on PostgreSQL.
    settled: Option<Settled>,
}

/// Which rows no unfinished transaction can precede. A transaction takes its numbers before it commits: without this
/// check, a row that commits late would be missed. Rows that are older than any transaction must not be checked: their
/// transaction's number may have been used again.
///
/// All statements of a batch use the same moment, though each sees more rows than the one before.
struct Settled {
    at: DateTime<Utc>,
    /// The oldest transaction that was unfinished then.
    oldest: String,
    /// A replica knows a sequence only as the write-ahead log has it: 32 numbers are logged before they are given.
    is_replica: bool,
}

impl Settled {
    fn write(&self, sql: &mut Sql) {
        sql.push(" AND (recorded_at < ").bind(self.at - TimeDelta::hours(1));
        sql.push(" OR (recorded_at < ").bind(self.at - TimeDelta::milliseconds(100));
        sql.push(" AND age(xmin) > age(CAST(CAST(").bind(self.oldest.clone()).push(" AS text) AS xid))))");
    }
}

impl LogReader {
    /// Follows what is stored after a position, or from now on. Events stored before `oldest` are left out. The record
    /// says that a tail begins; whoever runs it records what it gave, and its end.
    pub async fn tail(
        &self,
        filter: Filter,
        after: Option<Position>,
        oldest: Option<DateTime<Utc>>,
    ) -> Result<Unrecorded<Tail>, QueryError> {
        let position = match (after, oldest) {
            (None, _) => self.end_position().await?,
            (Some(after), None) => after,
            (Some(after), Some(oldest)) => self.position_from(&filter, &after, oldest).await?,
        };
        Ok(Unrecorded::new(AccessAction::Tail, 0, Tail { log: self.clone(), filter, position, oldest }))
    }

    /// The position after everything that has been stored.
    async fn end_position(&self) -> Result<Position, QueryError> {
        self.with_timeout(async {
            let Sequences { mut last, settled } = self.sequences().await?;
            if settled.is_some_and(|settled| settled.is_replica) {
                for (number, table) in self.tables.iter().enumerate() {
                    if let Some(last) = last.get_mut(&table.domain) {
                        *last = self.last_stored(number, table, *last).await?;
                    }
                }
            }
            let last = last.into_iter().map(|(domain, seq)| (domain.name().to_owned(), seq));
            Ok(Position(last.collect()))
        })
        .await
    }

    /// The position, or for each domain a later one before which nothing was stored at `oldest` or later.
    async fn position_from(
        &self,
        filter: &Filter,
        after: &Position,
        oldest: DateTime<Utc>,
    ) -> Result<Position, QueryError> {
        self.with_timeout(async {
            let last = self.sequences().await?.last;
            let mut position = after.clone();
            for (number, table) in self.selected_tables(filter) {
                let name = table.domain.name();
                let from = after.0.get(name).copied().unwrap_or(0);
                let end = last.get(&table.domain).copied().unwrap_or(0);
                position.0.insert(name.to_owned(), self.not_before(number, table, from, end, oldest).await?);
            }
            Ok(position)
        })
        .await
    }

    /// A number that all rows stored at `oldest` or later follow. It is searched from the end backwards, in steps that
    /// double: no index has the time of storing.
    async fn not_before(
        &self,
        number: usize,
        table: &LogTable,
        from: i64,
        end: i64,
        oldest: DateTime<Utc>,
    ) -> Result<i64, QueryError> {
        let max_bytes = self.limits.batch_bytes();
        let mut step = BATCH_NUMBERS;
        loop {
            let at = end.saturating_sub(step);
            if at <= from {
                return Ok(from);
            }
            let next = self.settled(number, table, at, None, None, max_bytes).await?;
            if next.first().is_none_or(|next| next.recorded_at < oldest) {
                return Ok(at);
            }
            step = step.saturating_mul(2);
        }
    }

    /// What was stored after a position, which moves on. A domain that the position does not name is read from its
    /// beginning.
    ///
    /// An event is given once it is certain that none with a smaller `seq` will follow: on PostgreSQL a moment after its
    /// commit, later while a transaction that began before it goes on.
    async fn stored_since(&self, filter: &Filter, position: &mut Position) -> Result<TailBatch, QueryError> {
        let Sequences { last, settled } = self.sequences().await?;
        let settled = settled.as_ref();
        let mut batch = TailBatch::default();
        for (number, table) in self.selected_tables(filter) {
            let name = table.domain.name();
            let from = position.0.get(name).copied().unwrap_or(0);
            let end = last.get(&table.domain).copied().unwrap_or(0);
            if end <= from {
                continue;
            }
            // Each domain has a share of its own, so that one that is far behind does not hold up the others.
            let max_bytes = self.limits.batch_bytes() / self.tables.len().max(1);
            let entries =
                self.settled(number, table, from, Some(from + BATCH_NUMBERS), settled, max_bytes).await?;
            let reached = match entries.last() {
                Some(entry) => entry.seq,
                // All these numbers were taken and given back: go on to the next row, if there is one. The search
                // begins at `from` again, as rows between may have been committed meanwhile.
                None if end > from + BATCH_NUMBERS => {
                    match self.settled(number, table, from, None, settled, max_bytes).await?.first() {
                        Some(entry) => entry.seq - 1,
                        None => from,
                    }
                }
                None => from,
            };
            batch.is_more |= reached > from && reached < end;
            position.0.insert(name.to_owned(), reached);
            batch.entries.extend(entries.into_iter().filter(|entry| filter.matches(entry)));
        }
        Ok(batch)
    }

    /// The rows of a table after a number and up to another; without `up_to`, only the first row.
    async fn settled(
        &self,
        number: usize,
        table: &LogTable,
        after: i64,
        up_to: Option<i64>,
        settled: Option<&Settled>,
        max_bytes: usize,
    ) -> Result<Vec<Entry>, QueryError> {
        let rows = self.row_reader([table]);
        let mut entries = Vec::new();
        // Where a slice was cut, rows beyond its last number are missing: those of other slices beyond it are dropped.
        let mut read_to = i64::MAX;
        // What is stored now may have happened at any time.
        for slice in self.time_slices([number], ResolvedRange::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.select(number, table, &rows.own).push("seq > ").bind(after);
            if let Some(up_to) = up_to {
                sql.push(" AND seq <= ").bind(up_to);
            }
            if let Some(settled) = settled {
                settled.write(&mut sql);
            }
            sql.in_slice(slice).push(" ORDER BY seq LIMIT ").bind(if up_to.is_some() {
                BATCH_NUMBERS
            } else {
                1
            });
            let chunk = self.fetch_entries(sql, &rows, max_bytes).await?;
            if let Some(last) = chunk.entries.last().filter(|_| chunk.is_cut) {
                read_to = read_to.min(last.seq);
            }
            entries.extend(chunk.entries);
        }
        entries.sort_unstable_by_key(|entry| entry.seq);
        entries.truncate(entries.partition_point(|entry| entry.seq <= read_to));
        Ok(entries)
    }

    /// The last number of a table's rows on a replica. A tail that began behind the numbers that are only logged would
    /// miss the next 32 rows.
    async fn last_stored(&self, number: usize, table: &LogTable, logged: i64) -> Result<i64, QueryError> {
        let mut last = (logged - 33).max(0);
        for slice in self.time_slices([number], ResolvedRange::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.push("SELECT max(seq) FROM ").push(table.table.name).push(" WHERE seq > ").bind(logged - 33);
            sql.in_slice(slice);
            for row in self.fetch_rows(sql).await? {
                let stored: Option<i64> = row.try_get_by_index(0).map_err(QueryError::Unavailable)?;
                last = last.max(stored.unwrap_or(0));
            }
        }
        Ok(last)
    }

    async fn sequences(&self) -> Result<Sequences, QueryError> {
        let is_postgres = self.db.get_database_backend() == DbBackend::Postgres;
        let mut sql = Sql::default();
        for (number, LogTable { table, .. }) in self.tables.iter().enumerate() {
            let name = table.name;
            sql.push(if number == 0 { "" } else { " UNION ALL " });
            sql.push(&if is_postgres {
                format!(
                    "SELECT {number}, CASE WHEN is_called THEN last_value ELSE 0 END, now(), \
                     CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS xid) AS text), pg_is_in_recovery() \
                     FROM {name}_seq"
                )
            } else {
                format!("SELECT {number}, coalesce(max(seq), 0) FROM {name}")
            });
        }
        let mut sequences = Sequences { last: BTreeMap::new(), settled: None };
        for row in self.fetch_rows(sql).await? {
            self.read_sequence(&row, is_postgres, &mut sequences).map_err(QueryError::Unavailable)?;
        }
        Ok(sequences)
    }

    fn read_sequence(&self, row: &QueryResult, is_postgres: bool, into: &mut Sequences) -> Result<(), DbErr> {
        let number: i32 = row.try_get_by_index(0)?;
        let table = usize::try_from(number).ok().and_then(|number| self.tables.get(number));
        let table = table.ok_or_else(|| DbErr::Type(format!("a row of table {number}")))?;
        into.last.insert(table.domain, row.try_get_by_index(1)?);
        if is_postgres {
            into.settled = Some(Settled {
                at: row.try_get_by_index(2)?,
                oldest: row.try_get_by_index(3)?,
                is_replica: row.try_get_by_index(4)?,
            });
        }
        Ok(())
    }
}

impl Tail {
    /// How far it has read.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// What was stored since the batch before.
    pub async fn next(&mut self) -> Result<TailBatch, QueryError> {
        // Only a whole batch moves the position: what a failed one has read will be read again.
        let mut position = self.position.clone();
        let reading = self.log.stored_since(&self.filter, &mut position);
        let mut batch = self.log.with_timeout(reading).await?;
        self.position = position;
        if let Some(oldest) = self.oldest {
            batch.entries.retain(|entry| entry.recorded_at >= oldest);
        }
        Ok(batch)
    }
}
