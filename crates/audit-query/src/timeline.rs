use std::{cmp::Reverse, collections::BTreeSet};

use audit_core::Domain;
use chrono::{DateTime, Duration, Utc};
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    AccessAction, Entry, LogReader, Order, QueryError, Range, TimeRange, Unrecorded,
    chunk::Chunk,
    filter::{id_spellings, text_spellings},
    sql::Sql,
    time_slice::TimeSlice,
};

/// Which case a timeline is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineRequest {
    /// Any id of the case: of a user, a resource, an event or a trace, or a reservation's number. It matches as it was
    /// sent, and without the white space around it; a UUID may have any form.
    pub key: String,
    /// Whether to include what the actors of those events did at that time, and the rest of their traces.
    pub widen: bool,
    /// When it happened.
    pub range: TimeRange,
    /// The most events; of more, the last ones. There are fewer when they are large.
    pub limit: u16,
}

/// What happened in one case, over all domains.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The events, in the order in which they happened.
    pub events: Vec<TimelineEvent>,
    /// The time that was searched.
    pub range: Range,
    /// Whether earlier events were left out.
    pub is_cut: bool,
}

/// An event of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEvent {
    /// The event.
    pub entry: Entry,
    /// Why it belongs to the case.
    pub matched_by: MatchedBy,
}

/// Why an event belongs to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// It has the id that was asked for.
    Key,
    /// One of the case's actors did it.
    Actor,
    /// It belongs to one of the case's traces.
    Trace,
}

/// A timeline is widened by at most so many actors and traces, those of its last events.
const MAX_RELATED_IDS: usize = 20;
/// What an actor did so long before or after the case may belong to it.
const CONTEXT_WINDOW: Duration = Duration::hours(1);

impl LogReader {
    /// The events of one case in the order of time.
    pub async fn timeline(&self, request: &TimelineRequest) -> Result<Unrecorded<Timeline>, QueryError> {
        let timeline = self.with_timeout(self.find_timeline(request)).await?;
        let answer = Unrecorded::new(AccessAction::Timeline, timeline.events.len(), timeline);
        Ok(answer.about(request.key.trim()))
    }

    async fn find_timeline(&self, request: &TimelineRequest) -> Result<Timeline, QueryError> {
        let range = request.range.or_last(self.limits.default_range);
        let limit = usize::from(request.limit);
        let max_bytes = self.limits.max_bytes / if request.widen { 2 } else { 1 };
        let by_key = self.newest_with(&self.keys(&request.key), range, limit, max_bytes).await?;
        let is_by_key = identities(&by_key.entries);
        let mut complete_from = by_key.complete_from();
        let Chunk { mut entries, .. } = by_key;
        if request.widen && !entries.is_empty() {
            let around = around(&entries, range);
            let more = self.newest_with(&widened(&entries), around, limit, max_bytes).await?;
            complete_from = complete_from.max(more.complete_from());
            entries.extend(more.entries);
        }
        // What happened before may have others among it for which there was no room.
        entries.retain(|entry| Some(entry.occurred_at) >= complete_from);
        let mut seen = BTreeSet::new();
        entries.retain(|entry| seen.insert(identity(entry)));
        entries.sort_by_key(|entry| Reverse((entry.occurred_at, entry.id)));
        let is_cut = complete_from.is_some() || entries.len() > limit;
        entries.truncate(limit);
        entries.reverse();

        let traces: BTreeSet<_> = entries
            .iter()
            .filter(|entry| is_by_key.contains(&identity(entry)))
            .filter_map(|entry| entry.trace_id.clone())
            .collect();
        let matched_by = |entry: &Entry| {
            if is_by_key.contains(&identity(entry)) {
                MatchedBy::Key
            } else if entry.trace_id.as_ref().is_some_and(|trace| traces.contains(trace)) {
                MatchedBy::Trace
            } else {
                MatchedBy::Actor
            }
        };
        let events = entries
            .into_iter()
            .map(|entry| TimelineEvent { matched_by: matched_by(&entry), entry })
            .collect();
        Ok(Timeline { events, range, is_cut })
    }

    /// Every column that finds one thing among many, with the key as its value.
    fn keys(&self, key: &str) -> Vec<Condition> {
        let mut keys = vec![
            Condition::new("resource_id", id_spellings(key)),
            Condition::new("trace_id", text_spellings(key)),
        ];
        let own = self.own_columns().into_iter().filter(|column| column.indexed);
        keys.extend(own.map(|column| Condition::new(column.name, text_spellings(key))));
        if let Ok(id) = Uuid::parse_str(key.trim()) {
            keys.push(Condition::new("actor_id", [id]));
            keys.push(Condition::new("id", [id]));
        }
        keys
    }

    /// The newest events for which any of the conditions holds, and some more than the limit if there are.
    async fn newest_with(
        &self,
        conditions: &[Condition],
        range: Range,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Chunk, QueryError> {
        let mut chunk = Chunk::default();
        for slice in self.time_slices(0..self.tables.len(), range).await? {
            let room = max_bytes.saturating_sub(chunk.bytes);
            chunk.append(self.newest_in_slice(conditions, range, limit, slice, room).await?, max_bytes);
            if chunk.is_cut || identities(&chunk.entries).len() > limit {
                break;
            }
        }
        Ok(chunk)
    }

    /// Each condition is asked by its own index.
    async fn newest_in_slice(
        &self,
        conditions: &[Condition],
        range: Range,
        limit: usize,
        slice: TimeSlice,
        max_bytes: usize,
    ) -> Result<Chunk, QueryError> {
        let rows = self.row_reader(self.tables.iter());
        let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut sql = Sql::default();
        let mut branches = 0;
        for (number, table) in self.tables.iter().enumerate() {
            let has = |column: &str| table.own(column).is_some() || COMMON_KEYS.contains(&column);
            for condition in conditions.iter().filter(|condition| has(condition.column)) {
                sql.push(if branches == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                branches += 1;
                sql.select(number, table, &rows.own).push("TRUE");
                sql.any_of(condition.column, &condition.values).within(range).in_slice(slice);
                sql.push(Order::Newest.within_table()).push(" LIMIT ").bind(wanted);
                sql.push(&format!(") AS branch_{branches}"));
            }
        }
        if branches == 0 {
            return Ok(Chunk::default());
        }
        sql.push(Order::Newest.clause());
        // An event that several conditions find counts once.
        let most = wanted.saturating_mul(i64::try_from(conditions.len()).unwrap_or(i64::MAX));
        sql.push(" LIMIT ").bind(most);
        self.fetch_entries(sql, &rows, max_bytes).await
    }
}

impl Chunk {
    /// Since when nothing is missing from the newest events; none, if nothing is missing at all.
    fn complete_from(&self) -> Option<DateTime<Utc>> {
        self.entries.last().filter(|_| self.is_cut).map(|entry| entry.occurred_at)
    }
}

const COMMON_KEYS: [&str; 4] = ["resource_id", "trace_id", "actor_id", "id"];

/// A column, and the values of which it has one.
struct Condition {
    column: &'static str,
    values: Vec<Value>,
}

impl Condition {
    fn new<T: Into<Value>>(column: &'static str, values: impl IntoIterator<Item = T>) -> Self {
        Self { column, values: values.into_iter().map(Into::into).collect() }
    }
}

/// The actors and traces of the newest events.
fn widened(entries: &[Entry]) -> Vec<Condition> {
    let (mut actors, mut traces) = (Vec::new(), Vec::new());
    for entry in entries {
        if let Some(actor) = entry.actor_id
            && actors.len() < MAX_RELATED_IDS
            && !actors.contains(&actor)
        {
            actors.push(actor);
        }
        if let Some(trace) = &entry.trace_id
            && traces.len() < MAX_RELATED_IDS
            && !traces.contains(trace)
        {
            traces.push(trace.clone());
        }
    }
    let mut conditions = Vec::new();
    if !actors.is_empty() {
        conditions.push(Condition::new("actor_id", widest(actors)));
    }
    if !traces.is_empty() {
        conditions.push(Condition::new("trace_id", widest(traces)));
    }
    conditions
}

/// As many values as there can be, the first one repeated: with one text for all stories, the database soon has a
/// plan ready that takes longer to make than to follow.
fn widest<T: Clone>(mut values: Vec<T>) -> Vec<T> {
    if let Some(first) = values.first().cloned() {
        values.resize(MAX_RELATED_IDS, first);
    }
    values
}

/// The time from shortly before the first to shortly after the last event, within what was asked for.
fn around(entries: &[Entry], range: Range) -> Range {
    let times = || entries.iter().map(|entry| entry.occurred_at);
    let first = times().min().map(|first| first - CONTEXT_WINDOW);
    let last = times().max().map(|last| last + CONTEXT_WINDOW);
    let to = [last, range.to].into_iter().flatten().min();
    Range { from: first.max(range.from), to, assumed: range.assumed }
}

type Identity = (Domain, Uuid, DateTime<Utc>);

fn identity(entry: &Entry) -> Identity {
    (entry.domain, entry.id, entry.occurred_at)
}

fn identities(entries: &[Entry]) -> BTreeSet<Identity> {
    entries.iter().map(identity).collect()
}
