use std::{collections::BTreeMap, fmt, str::FromStr};

use audit_core::Domain;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DbBackend, DbErr, QueryResult};

use crate::{Entry, Filter, LogTable, Queries, QueryError, Range, sql::Sql};

/// How far a follower has read: the last `seq` of each domain. As text, `payment:12,user:3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<String, i64>);

/// A text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position: it is the domains with their last seq, such as payment:12,user:3")]
pub struct InvalidPosition;

/// What was stored since a position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tailed {
    /// The events, in the order of storing within each domain.
    pub entries: Vec<Entry>,
    /// Where to go on.
    pub position: Position,
    /// Whether there may be more at once.
    pub is_more: bool,
}

/// So many numbers of a table are looked at in one step.
const STEP: i64 = 1_000;

/// The numbers of the tables, as they were at one moment.
struct Numbers {
    /// The last one that each domain's table has given, or a little more.
    last: BTreeMap<Domain, i64>,
    /// What can follow no more; on PostgreSQL.
    settled: Option<Settled>,
}

/// Which rows no transaction still at work can precede. A transaction takes its numbers before it commits: without
/// this, a row that commits late would be passed over. Rows that are older than any transaction need no such look, and
/// must not have one: their transaction's number may have been used again.
///
/// It is the same for all statements of a question, though each sees more rows than the one before.
struct Settled {
    at: DateTime<Utc>,
    /// The oldest transaction that was at work then.
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

impl Queries {
    /// The position after everything that has been stored.
    pub async fn tail_end(&self) -> Result<Position, QueryError> {
        self.with_timeout(async {
            let Numbers { mut last, settled } = self.numbers().await?;
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

    /// The position, or for each domain a later one: before it, nothing was stored at `oldest` or later.
    pub async fn tail_from(
        &self,
        filter: &Filter,
        after: &Position,
        oldest: DateTime<Utc>,
    ) -> Result<Position, QueryError> {
        self.with_timeout(async {
            let last = self.numbers().await?.last;
            let mut position = after.clone();
            for (number, table) in self.concerned(filter) {
                let name = table.domain.name();
                let from = after.0.get(name).copied().unwrap_or(0);
                let end = last.get(&table.domain).copied().unwrap_or(0);
                position.0.insert(name.to_owned(), self.not_before(number, table, from, end, oldest).await?);
            }
            Ok(position)
        })
        .await
    }

    /// A number after `from` that is followed by all rows stored at `oldest` or later. It is looked for from the end on,
    /// in steps that double: no index knows when a row was stored.
    async fn not_before(
        &self,
        number: usize,
        table: &LogTable,
        from: i64,
        end: i64,
        oldest: DateTime<Utc>,
    ) -> Result<i64, QueryError> {
        let most_bytes = self.limits.step_bytes();
        let mut step = STEP;
        loop {
            let at = end.saturating_sub(step);
            if at <= from {
                return Ok(from);
            }
            let next = self.settled(number, table, at, None, None, most_bytes).await?;
            if next.first().is_none_or(|next| next.recorded_at < oldest) {
                return Ok(at);
            }
            step = step.saturating_mul(2);
        }
    }

    /// What was stored after a position. A domain that the position does not name is read from its beginning.
    ///
    /// An event is given once it is certain that none with a smaller `seq` will follow: on PostgreSQL a moment
    /// after its commit, later while a transaction that began before it goes on.
    pub async fn tail(&self, filter: &Filter, after: &Position) -> Result<Tailed, QueryError> {
        self.with_timeout(self.stored_since(filter, after)).await
    }

    async fn stored_since(&self, filter: &Filter, after: &Position) -> Result<Tailed, QueryError> {
        let Numbers { last, settled } = self.numbers().await?;
        let settled = settled.as_ref();
        let mut tailed = Tailed { position: after.clone(), ..Tailed::default() };
        for (number, table) in self.concerned(filter) {
            let name = table.domain.name();
            let from = after.0.get(name).copied().unwrap_or(0);
            let end = last.get(&table.domain).copied().unwrap_or(0);
            if end <= from {
                continue;
            }
            // An own share for each domain: one that is far behind does not keep the others waiting.
            let most_bytes = self.limits.step_bytes() / self.tables.len().max(1);
            let entries = self.settled(number, table, from, Some(from + STEP), settled, most_bytes).await?;
            let reached = match entries.last() {
                Some(entry) => entry.seq,
                // Numbers that were taken and given back: on to the next row, if it is there. It is looked for
                // from the beginning of the step, as rows of the step may have been committed meanwhile.
                None if end > from + STEP => {
                    match self.settled(number, table, from, None, settled, most_bytes).await?.first() {
                        Some(entry) => entry.seq - 1,
                        None => from,
                    }
                }
                None => from,
            };
            tailed.is_more |= reached > from && reached < end;
            tailed.position.0.insert(name.to_owned(), reached);
            tailed.entries.extend(entries.into_iter().filter(|entry| filter.matches(entry)));
        }
        Ok(tailed)
    }

    /// The rows of a table after a number, up to another; if there is none, the first of them.
    async fn settled(
        &self,
        number: usize,
        table: &LogTable,
        after: i64,
        up_to: Option<i64>,
        settled: Option<&Settled>,
        most_bytes: usize,
    ) -> Result<Vec<Entry>, QueryError> {
        let rows = self.rows([table]);
        let mut entries = Vec::new();
        // Where a step was cut, rows with larger numbers may be missing: none of the other steps' goes before them.
        let mut read_to = i64::MAX;
        // What was stored now may have happened at any time.
        for step in self.steps([number], Range::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.select(number, table, &rows.own).push("seq > ").bind(after);
            if let Some(up_to) = up_to {
                sql.push(" AND seq <= ").bind(up_to);
            }
            if let Some(settled) = settled {
                settled.write(&mut sql);
            }
            sql.in_step(step).push(" ORDER BY seq LIMIT ").bind(if up_to.is_some() { STEP } else { 1 });
            let piece = self.entries(sql, &rows, most_bytes).await?;
            if let Some(last) = piece.entries.last().filter(|_| piece.is_cut) {
                read_to = read_to.min(last.seq);
            }
            entries.extend(piece.entries);
        }
        entries.sort_unstable_by_key(|entry| entry.seq);
        entries.truncate(entries.partition_point(|entry| entry.seq <= read_to));
        Ok(entries)
    }

    /// The last number that stands in a table of a replica. A follower who began behind those that are only logged would
    /// not be shown the next 32 rows.
    async fn last_stored(&self, number: usize, table: &LogTable, logged: i64) -> Result<i64, QueryError> {
        let mut last = (logged - 33).max(0);
        for step in self.steps([number], Range::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.push("SELECT max(seq) FROM ").push(table.table.name).push(" WHERE seq > ").bind(logged - 33);
            sql.in_step(step);
            for row in self.ask(sql).await? {
                let stored: Option<i64> = row.try_get_by_index(0).map_err(QueryError::Unavailable)?;
                last = last.max(stored.unwrap_or(0));
            }
        }
        Ok(last)
    }

    async fn numbers(&self) -> Result<Numbers, QueryError> {
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
        let mut numbers = Numbers { last: BTreeMap::new(), settled: None };
        for row in self.ask(sql).await? {
            self.read_number(&row, is_postgres, &mut numbers).map_err(QueryError::Unavailable)?;
        }
        Ok(numbers)
    }

    fn read_number(&self, row: &QueryResult, is_postgres: bool, into: &mut Numbers) -> Result<(), DbErr> {
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

impl Position {
    /// Back to before some events of a domain, the first of which is named.
    pub fn go_back_before<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>) {
        for entry in entries {
            let seq = self.0.entry(entry.domain.name().to_owned()).or_default();
            *seq = (*seq).min(entry.seq - 1);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (domain, seq)) in self.0.iter().enumerate() {
            write!(f, "{}{domain}:{seq}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let read = |part: &str| {
            let (domain, seq) = part.split_once(':')?;
            // It is sent back, in a line of its own.
            if !domain.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            {
                return None;
            }
            Some((domain.to_owned(), seq.parse().ok().filter(|seq| *seq >= 0)?))
        };
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(read).collect::<Option<_>>().map(Self).ok_or(InvalidPosition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_domains_with_numbers_and_nothing_that_breaks_a_line() {
        let text = "payment:12,reservation-seat:0";
        assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        for text in ["payment", "payment:-1", "payment:x", "pay\nment:1", "pay\0:1"] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text:?}");
        }
    }
}
