use std::{collections::BTreeMap, fmt, str::FromStr};

use audit_core::Domain;
use sea_orm::DbBackend;

use crate::{Entry, Filter, LogTable, Queries, QueryError, queries::Piece, sql::Sql};

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

/// Only rows that no transaction still at work can precede. A transaction takes its numbers before it commits:
/// without this, a row that commits late would be passed over. Rows that are older than any transaction need
/// no such look, and must not have one: their transaction's number may have been used again.
const SETTLED: &str = " AND (recorded_at < now() - interval '1 hour' \
     OR (recorded_at < now() - interval '100 milliseconds' \
         AND age(xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid)))";

impl Queries {
    /// The position after everything that has been stored.
    pub async fn tail_end(&self) -> Result<Position, QueryError> {
        Ok(Position(
            self.last(last_stored)
                .await?
                .into_iter()
                .map(|(domain, seq)| (domain.name().to_owned(), seq))
                .collect(),
        ))
    }

    /// What was stored after a position. A domain that the position does not name is read from its beginning.
    ///
    /// An event is given once it is certain that none with a smaller `seq` will follow: on PostgreSQL a moment
    /// after its commit, later while a transaction that began before it goes on.
    pub async fn tail(&self, filter: &Filter, after: &Position) -> Result<Tailed, QueryError> {
        let last = self.last(last_given).await?;
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
            let Piece { entries, .. } =
                self.settled(number, table, from, Some(from + STEP), most_bytes).await?;
            let reached = match entries.last() {
                Some(entry) => entry.seq,
                // Numbers that were taken and given back: on to the next row, if it is there. It is looked for
                // from the beginning of the step, as rows of the step may have been committed meanwhile.
                None if end > from + STEP => {
                    match self.settled(number, table, from, None, most_bytes).await?.entries.first() {
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

    async fn settled(
        &self,
        number: usize,
        table: &LogTable,
        after: i64,
        up_to: Option<i64>,
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let rows = self.rows([table]);
        let mut sql = Sql::default();
        sql.select(number, table, &rows.own).push("seq > ").bind(after);
        if let Some(up_to) = up_to {
            sql.push(" AND seq <= ").bind(up_to);
        }
        if self.db.get_database_backend() == DbBackend::Postgres {
            sql.push(SETTLED);
        }
        sql.push(" ORDER BY seq LIMIT ").bind(if up_to.is_some() { STEP } else { 1 });
        self.entries(sql, &rows, most_bytes).await
    }

    /// The last number of each table; on PostgreSQL, as a statement has it.
    async fn last(&self, on_postgres: fn(&str) -> String) -> Result<BTreeMap<Domain, i64>, QueryError> {
        let backend = self.db.get_database_backend();
        let mut sql = Sql::default();
        for (number, table) in self.tables.iter().enumerate() {
            let name = table.table.name;
            sql.push(if number == 0 { "" } else { " UNION ALL " });
            sql.push(&match backend {
                DbBackend::Postgres => format!("SELECT {number}, {}", on_postgres(name)),
                _ => format!("SELECT {number}, coalesce(max(seq), 0) FROM {name}"),
            });
        }
        let read = |row: &sea_orm::QueryResult| {
            let number: i32 = row.try_get_by_index(0)?;
            let domain = usize::try_from(number)
                .ok()
                .and_then(|number| self.tables.get(number))
                .map(|table| table.domain);
            let domain = domain.ok_or_else(|| sea_orm::DbErr::Type(format!("a row of table {number}")))?;
            Ok((domain, row.try_get_by_index(1)?))
        };
        self.ask(sql).await?.iter().map(read).collect::<Result<_, _>>().map_err(QueryError::Unavailable)
    }
}

/// The last number that a table's sequence has given, or a little more: see [`last_stored`].
fn last_given(table: &str) -> String {
    format!("CASE WHEN is_called THEN last_value ELSE 0 END FROM {table}_seq")
}

/// The last number that stands in a table. A replica knows a sequence only as the write-ahead log has it: 32 numbers
/// are logged before they are given. A follower who began behind them would not be shown the next 32 rows.
fn last_stored(table: &str) -> String {
    format!(
        "CASE WHEN NOT is_called THEN 0 WHEN NOT pg_is_in_recovery() THEN last_value ELSE greatest(0, \
         (SELECT coalesce(max(seq), last_value - 33) FROM {table} WHERE seq > last_value - 33)) \
         END FROM {table}_seq"
    )
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
