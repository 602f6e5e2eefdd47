use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{
    AccessAction, Entry, Filter, LogReader, LogTable, Position, QueryError, ResolvedRange, Unrecorded,
    sql::Sql,
};

/// How long to wait before the next batch of a tail, when there is no more at the moment.
pub const TAIL_INTERVAL: Duration = Duration::from_millis(500);

/// Events in the order in which they are stored, a batch at a time.
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

impl LogReader {
    /// Follows what is stored after a position, or from now on. Events stored before `oldest` are left out. The record
    /// says that a tail begins; whoever runs it records what it gave, and its end.
    pub async fn tail(
        &self,
        filter: Filter,
        after: Option<Position>,
        oldest: Option<DateTime<Utc>>,
    ) -> Result<Unrecorded<Tail>, QueryError> {
        let position = self.with_timeout(self.begin(&filter, after, oldest)).await?;
        Ok(Unrecorded::new(AccessAction::Tail, 0, Tail { log: self.clone(), filter, position, oldest }))
    }

    /// Where a tail begins: after everything that has been stored, or after a position, but for each domain not before
    /// what was stored at `oldest`.
    async fn begin(
        &self,
        filter: &Filter,
        after: Option<Position>,
        oldest: Option<DateTime<Utc>>,
    ) -> Result<Position, QueryError> {
        let last = self.last_numbers_when_final(filter).await?;
        let mut position = after.clone().unwrap_or_default();
        for (number, table) in self.tables.iter().enumerate() {
            let name = table.domain.name();
            let end = last.get(number).copied().unwrap_or(0);
            let from = match (&after, oldest) {
                (None, _) => end,
                (Some(after), Some(oldest)) if filter.may_match(table) => {
                    self.not_before(number, table, after.of(name), end, oldest).await?
                }
                (Some(_), _) => continue,
            };
            position.0.insert(name.to_owned(), from);
        }
        Ok(position)
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
        let mut step = BATCH_NUMBERS;
        loop {
            let at = end.saturating_sub(step);
            if at <= from {
                return Ok(from);
            }
            let next = self.first_row_after(number, table, at).await?;
            if next.is_none_or(|next| next.recorded_at < oldest) {
                return Ok(at);
            }
            step = step.saturating_mul(2);
        }
    }

    /// What was stored after a position, which moves on. A domain that the position does not name is read from its
    /// beginning.
    ///
    /// An event is given once its number is final: on PostgreSQL a moment after its commit, later while a transaction
    /// goes on that may store a smaller one.
    async fn stored_since(&self, filter: &Filter, position: &mut Position) -> Result<TailBatch, QueryError> {
        let ends = self.final_numbers().await?;
        // Each domain has a share of its own, so that one that is far behind does not hold up the others.
        let max_bytes = self.limits.batch_bytes() / self.tables.len().max(1);
        let mut batch = TailBatch::default();
        for (number, table) in self.selected_tables(filter) {
            let name = table.domain.name();
            let from = position.of(name);
            let end = ends.get(number).copied().unwrap_or(0);
            if end <= from {
                continue;
            }
            let up_to = end.min(from.saturating_add(BATCH_NUMBERS));
            let (entries, mut reached) = self.rows_between(number, table, from, up_to, max_bytes).await?;
            if entries.is_empty() && reached < end {
                // No event has these numbers: skip to the next one.
                let next = self.first_row_after(number, table, reached).await?;
                reached = next.map_or(end, |next| end.min(next.seq - 1));
            }
            batch.is_more |= reached < end;
            position.0.insert(name.to_owned(), reached);
            batch.entries.extend(entries.into_iter().filter(|entry| filter.matches(entry)));
        }
        Ok(batch)
    }

    /// The rows of a table after a number and up to another, as many as fit into so many bytes; and the number up to which
    /// these are all.
    async fn rows_between(
        &self,
        number: usize,
        table: &LogTable,
        after: i64,
        up_to: i64,
        max_bytes: usize,
    ) -> Result<(Vec<Entry>, i64), QueryError> {
        let rows = self.row_reader([table]);
        let mut entries = Vec::new();
        // Where a slice was cut, rows beyond its last number are missing: those of other slices beyond it are dropped.
        let mut reached = up_to;
        // What is stored now may have happened at any time.
        for slice in self.time_slices([number], ResolvedRange::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.select(number, table, &rows.own).push("seq > ").bind(after).push(" AND seq <= ").bind(up_to);
            sql.in_slice(slice).push(" ORDER BY seq");
            let chunk = self.fetch_entries(sql, &rows, max_bytes).await?;
            if let Some(last) = chunk.entries.last().filter(|_| chunk.is_cut) {
                reached = reached.min(last.seq);
            }
            entries.extend(chunk.entries);
        }
        entries.sort_unstable_by_key(|entry| entry.seq);
        entries.truncate(entries.partition_point(|entry| entry.seq <= reached));
        Ok((entries, reached))
    }

    async fn first_row_after(
        &self,
        number: usize,
        table: &LogTable,
        after: i64,
    ) -> Result<Option<Entry>, QueryError> {
        let rows = self.row_reader([table]);
        let mut first: Option<Entry> = None;
        for slice in self.time_slices([number], ResolvedRange::ALL_TIME).await? {
            let mut sql = Sql::default();
            sql.select(number, table, &rows.own).push("seq > ").bind(after);
            sql.in_slice(slice).push(" ORDER BY seq LIMIT 1");
            let found = self.fetch_entries(sql, &rows, self.limits.batch_bytes()).await?;
            first = first.into_iter().chain(found.entries).min_by_key(|entry| entry.seq);
        }
        Ok(first)
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
