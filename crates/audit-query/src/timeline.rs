use std::{cmp::Reverse, collections::BTreeSet};

use audit_core::Domain;
use chrono::{DateTime, Duration, Utc};
use sea_orm::Value;
use uuid::Uuid;

use crate::{
    Entry, Order, Queries, QueryError, Range, TimeRange,
    queries::Piece,
    spellings::{of_id, of_text},
    sql::Sql,
    steps::Step,
};

/// Of which case the story is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineRequest {
    /// Whatever is at hand: the id of a user, a resource, an event or a trace, or a reservation's number. It is looked
    /// for as it was sent, and without the white space around it; a UUID may have any form.
    pub key: String,
    /// Whether the story takes in what the actors of those events did meanwhile, and what else belongs to
    /// their traces.
    pub widen: bool,
    /// When it happened.
    pub range: TimeRange,
    /// The most events; of more, those that happened last. There are fewer when they are large.
    pub limit: u16,
}

/// The story of one case, over all domains.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The events, in the order in which they happened.
    pub found: Vec<Found>,
    /// The time that was looked at.
    pub range: Range,
    /// Whether there are more, which happened before.
    pub is_cut: bool,
}

/// An event of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The event.
    pub entry: Entry,
    /// Why it belongs to the story.
    pub via: Via,
}

/// Why an event belongs to a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// It has what was asked for.
    Key,
    /// One of the story's actors did it.
    Actor,
    /// It belongs to one of the story's traces.
    Trace,
}

/// A story is widened by so many actors and traces at most, those of its last events.
const WIDEST: usize = 20;
/// What an actor did so long before or after the story may belong to it.
const AROUND: Duration = Duration::hours(1);

impl Queries {
    /// One story in the order of time, from whatever is at hand.
    pub async fn timeline(&self, request: &TimelineRequest) -> Result<Timeline, QueryError> {
        self.with_timeout(self.story(request)).await
    }

    async fn story(&self, request: &TimelineRequest) -> Result<Timeline, QueryError> {
        let range = request.range.or_last(self.limits.default_range);
        let limit = usize::from(request.limit);
        let most_bytes = self.limits.max_bytes / if request.widen { 2 } else { 1 };
        let of_key = self.newest_with(&self.keys(&request.key), range, limit, most_bytes).await?;
        let is_of_key = identities(&of_key.entries);
        let mut complete_from = of_key.complete_from();
        let Piece { mut entries, .. } = of_key;
        if request.widen && !entries.is_empty() {
            let around = around(&entries, range);
            let more = self.newest_with(&widened(&entries), around, limit, most_bytes).await?;
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
            .filter(|entry| is_of_key.contains(&identity(entry)))
            .filter_map(|entry| entry.trace_id.clone())
            .collect();
        let via = |entry: &Entry| {
            if is_of_key.contains(&identity(entry)) {
                Via::Key
            } else if entry.trace_id.as_ref().is_some_and(|trace| traces.contains(trace)) {
                Via::Trace
            } else {
                Via::Actor
            }
        };
        let found = entries.into_iter().map(|entry| Found { via: via(&entry), entry }).collect();
        Ok(Timeline { found, range, is_cut })
    }

    /// Every column that finds one thing among many, with the key as its value.
    fn keys(&self, key: &str) -> Vec<Condition> {
        let mut keys =
            vec![Condition::new("resource_id", of_id(key)), Condition::new("trace_id", of_text(key))];
        let own = self.own_columns().into_iter().filter(|column| column.indexed);
        keys.extend(own.map(|column| Condition::new(column.name, of_text(key))));
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
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let mut piece = Piece::default();
        for step in self.steps(0..self.tables.len(), range).await? {
            let room = most_bytes.saturating_sub(piece.bytes);
            piece.append(self.newest_in_step(conditions, range, limit, step, room).await?, most_bytes);
            if piece.is_cut || identities(&piece.entries).len() > limit {
                break;
            }
        }
        Ok(piece)
    }

    /// Each condition is asked by its own index.
    async fn newest_in_step(
        &self,
        conditions: &[Condition],
        range: Range,
        limit: usize,
        step: Step,
        most_bytes: usize,
    ) -> Result<Piece, QueryError> {
        let rows = self.rows(self.tables.iter());
        let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
        let mut sql = Sql::default();
        let mut branches = 0;
        for (number, table) in self.tables.iter().enumerate() {
            let has = |column: &str| table.own(column).is_some() || COMMON_KEYS.contains(&column);
            for condition in conditions.iter().filter(|condition| has(condition.column)) {
                sql.push(if branches == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                branches += 1;
                sql.select(number, table, &rows.own).push("TRUE");
                sql.any_of(condition.column, &condition.values).within(range).in_step(step);
                sql.push(Order::Newest.within_table()).push(" LIMIT ").bind(wanted);
                sql.push(&format!(") AS branch_{branches}"));
            }
        }
        if branches == 0 {
            return Ok(Piece::default());
        }
        sql.push(Order::Newest.clause());
        // An event that several conditions find counts once.
        let most = wanted.saturating_mul(i64::try_from(conditions.len()).unwrap_or(i64::MAX));
        sql.push(" LIMIT ").bind(most);
        self.entries(sql, &rows, most_bytes).await
    }
}

impl Piece {
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
            && actors.len() < WIDEST
            && !actors.contains(&actor)
        {
            actors.push(actor);
        }
        if let Some(trace) = &entry.trace_id
            && traces.len() < WIDEST
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
        values.resize(WIDEST, first);
    }
    values
}

/// The time from shortly before the first to shortly after the last event, within what was asked for.
fn around(entries: &[Entry], range: Range) -> Range {
    let times = || entries.iter().map(|entry| entry.occurred_at);
    let first = times().min().map(|first| first - AROUND);
    let last = times().max().map(|last| last + AROUND);
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
