//! Reads the events that a case may be made of: in few statements, each along an index and bounded.

use std::collections::BTreeSet;

use audit_core::Domain;
use chrono::{DateTime, Utc};
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    Entry, LogReader, Order, QueryError, ResolvedRange, chunk::Chunk, sql::Sql, time_slice::TimeSlice,
};

/// What events are looked up by: a column of a table, the values of which it has one, and when they happened.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) table: usize,
    pub(super) column: &'static str,
    pub(super) values: Vec<Value>,
    pub(super) range: ResolvedRange,
}

/// Lists of values have one of these lengths, so that few statements serve all cases: the database plans each text once
/// for a connection.
const LIST_LENGTHS: [usize; 4] = [1, 8, 64, 512];

impl Lookup {
    pub(super) fn new<T: Into<Value> + Clone>(
        table: usize,
        column: &'static str,
        values: impl IntoIterator<Item = T>,
        range: ResolvedRange,
    ) -> Self {
        let mut values: Vec<Value> = values.into_iter().map(Into::into).collect();
        if let Some(last) = values.last().cloned() {
            let length = LIST_LENGTHS.into_iter().find(|length| *length >= values.len());
            values.resize(length.unwrap_or(values.len()), last);
        }
        Self { table, column, values, range }
    }
}

/// What makes an event one of its own.
pub(super) type Identity = (DateTime<Utc>, Domain, Uuid);

pub(super) fn identity(entry: &Entry) -> Identity {
    (entry.occurred_at, entry.domain, entry.id)
}

/// The events that were read so far.
pub(super) struct Loading<'r> {
    reader: &'r LogReader,
    limit: usize,
    /// In the order of time.
    events: Vec<Entry>,
    bytes: usize,
    /// Since when nothing is missing, if anything is.
    complete_from: Option<DateTime<Utc>>,
}

impl<'r> Loading<'r> {
    pub(super) fn new(reader: &'r LogReader, limit: usize) -> Self {
        Self { reader, limit, events: Vec::new(), bytes: 0, complete_from: None }
    }

    /// The events in the order of time.
    pub(super) fn events(&self) -> &[Entry] {
        &self.events
    }

    /// The events, and whether there were more, before them, than there was room for.
    pub(super) fn finish(self) -> (Vec<Entry>, bool) {
        (self.events, self.complete_from.is_some())
    }

    /// Reads the newest events that any of the lookups finds.
    pub(super) async fn load(&mut self, lookups: &[Lookup]) -> Result<(), QueryError> {
        let chunk = self.newest(lookups).await?;
        if chunk.is_cut {
            let since = chunk.entries.last().map(|entry| entry.occurred_at);
            self.complete_from = self.complete_from.max(since);
        }
        self.add(chunk);
        Ok(())
    }

    /// The same of what only explains other events: if there is more, nothing of the case is missing.
    pub(super) async fn load_context(&mut self, lookups: &[Lookup]) -> Result<(), QueryError> {
        let chunk = self.newest(lookups).await?;
        self.add(chunk);
        Ok(())
    }

    fn add(&mut self, chunk: Chunk) {
        self.events.extend(chunk.entries);
        self.events.sort_by_key(identity);
        self.events.dedup_by_key(|entry| identity(entry));
        self.events.retain(|entry| self.complete_from.is_none_or(|complete| entry.occurred_at >= complete));
        self.bytes = self.events.iter().map(Entry::size).sum();
    }

    async fn newest(&self, lookups: &[Lookup]) -> Result<Chunk, QueryError> {
        let mut chunk = Chunk::default();
        let Some(range) = covered(lookups) else { return Ok(chunk) };
        let max_bytes = self.reader.limits.max_bytes.saturating_sub(self.bytes);
        let tables: BTreeSet<_> = lookups.iter().map(|lookup| lookup.table).collect();
        for slice in self.reader.time_slices(tables, range).await? {
            let room = max_bytes.saturating_sub(chunk.bytes);
            chunk.append(self.newest_in_slice(lookups, slice, room).await?, max_bytes);
            let mut seen = BTreeSet::new();
            chunk.entries.retain(|entry| seen.insert(identity(entry)));
            if chunk.entries.len() > self.limit {
                chunk.entries.truncate(self.limit);
                chunk.is_cut = true;
            }
            if chunk.is_cut {
                break;
            }
        }
        Ok(chunk)
    }

    /// Each lookup is answered by its own index.
    async fn newest_in_slice(
        &self,
        lookups: &[Lookup],
        slice: TimeSlice,
        max_bytes: usize,
    ) -> Result<Chunk, QueryError> {
        let rows = self.reader.row_reader(self.reader.tables.iter());
        let wanted = i64::try_from(self.limit + 1).unwrap_or(i64::MAX);
        let mut sql = Sql::default();
        for (number, lookup) in lookups.iter().enumerate() {
            let table = &self.reader.tables[lookup.table];
            sql.push(if number == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
            sql.select(lookup.table, table, &rows.own).push("TRUE");
            sql.any_of(lookup.column, &lookup.values).within(lookup.range).in_slice(slice);
            sql.push(Order::Newest.within_table()).push(" LIMIT ").bind(wanted);
            sql.push(&format!(") AS branch_{number}"));
        }
        sql.push(Order::Newest.clause());
        // An event that several lookups find counts once.
        let most = wanted.saturating_mul(i64::try_from(lookups.len()).unwrap_or(i64::MAX));
        sql.push(" LIMIT ").bind(most);
        self.reader.fetch_entries(sql, &rows, max_bytes).await
    }
}

/// The time that all lookups cover together.
fn covered(lookups: &[Lookup]) -> Option<ResolvedRange> {
    let ranges = lookups.iter().map(|lookup| lookup.range);
    ranges.reduce(|one, other| ResolvedRange {
        from: one.from.zip(other.from).map(|(one, other)| one.min(other)),
        to: one.to.zip(other.to).map(|(one, other)| one.max(other)),
        assumed: one.assumed,
    })
}
