//! Finds a case: from a key to its events, from their things to all that happened to them, and from the case's customers
//! to what else they touched around its moments.

use std::collections::{BTreeMap, BTreeSet};

use audit_core::store::Ownership;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{
    Certainty, MatchedBy, Missing, Scope, Timeline, TimelineEvent, TimelineRequest, answer, key,
    links::{self, Linked},
    loading::{Identity, Loading, Lookup, identity},
    members::{self, Member},
    things::{self, Thing},
};
use crate::{Entry, LogReader, LogTable, QueryError, ResolvedRange};

/// What a customer did so long before or after a moment of a case is read, to see what it belongs to.
const CONTEXT: TimeDelta = TimeDelta::minutes(30);
/// How long before the first event with the key a case may have begun.
const BEFORE: TimeDelta = TimeDelta::days(92);
/// From each thing to the next: number, customer, payment, the other reservations of a cart, what was issued again.
const MAX_ROUNDS: usize = 5;
/// A case has a handful of things. What has more is a mistake, or a run over many cases.
const MAX_THINGS: usize = 200;
/// A request that touched more things is about many cases.
const MAX_THINGS_OF_A_TRACE: usize = 40;

pub(super) async fn find(reader: &LogReader, request: &TimelineRequest) -> Result<Timeline, QueryError> {
    let limit = usize::from(request.limit);
    let mut range = request.range.or_last(reader.limits.default_range);
    let mut loading = Loading::new(reader, limit);
    loading.load(&key::lookups(reader, &request.key, range)).await?;
    if loading.events().is_empty() && range.assumed {
        range = ResolvedRange { from: None, to: range.to, assumed: false };
        loading.load(&key::lookups(reader, &request.key, range)).await?;
    }
    let sought: BTreeSet<_> = loading.events().iter().map(identity).collect();
    let first = loading.events().first().map(|event| event.occurred_at);
    let followed = ResolvedRange {
        from: first.and_then(|first| first.checked_sub_signed(BEFORE)),
        to: None,
        assumed: false,
    };
    let mut search = Search {
        reader,
        request,
        range,
        followed,
        sought,
        resources: BTreeSet::new(),
        traces: BTreeSet::new(),
        windows: Vec::new(),
    };
    if !request.only_key {
        for _ in 0..MAX_ROUNDS {
            if !search.follow(&mut loading).await? {
                break;
            }
        }
    }
    let (events, is_cut) = loading.finish();
    Ok(search.timeline(events, is_cut))
}

/// What is being looked for, and what was read already.
struct Search<'r> {
    reader: &'r LogReader,
    request: &'r TimelineRequest,
    /// When the events happened that have the key.
    range: ResolvedRange,
    /// When the others may have happened: a refund may come much later than what was asked for.
    followed: ResolvedRange,
    /// The events that have the key.
    sought: BTreeSet<Identity>,
    resources: BTreeSet<(usize, String)>,
    traces: BTreeSet<String>,
    windows: Vec<Window>,
}

/// What one customer did in some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    customer: Uuid,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// What the events that were read so far say about the case.
struct Case {
    things: Vec<Thing>,
    links: Vec<Linked>,
    members: BTreeMap<usize, Member>,
}

impl Search<'_> {
    fn tables(&self) -> &[LogTable] {
        &self.reader.tables
    }

    fn case(&self, events: &[Entry]) -> Case {
        let things = things::things(self.tables(), events);
        let links = links::links(self.tables(), events, &things);
        let is_sought = |at: &usize| {
            let event = &events[*at];
            self.sought.contains(&identity(event)) && key::leads_on(&self.request.key, event)
        };
        let sought = (0..things.len()).filter(|thing| things[*thing].events.iter().any(is_sought)).collect();
        let mut members = members::members(self.tables(), &things, &links, &sought);
        members.retain(|_, member| member.certainty >= self.request.certainty);
        Case { things, links, members }
    }

    /// Reads one step further. False if there is nothing more to read.
    async fn follow(&mut self, loading: &mut Loading<'_>) -> Result<bool, QueryError> {
        let mut case = self.case(loading.events());
        let resources = self.next_resources(&case, loading.events());
        let traces = self.next_traces(&case, loading.events());
        if !resources.is_empty() {
            loading.load(&resources).await?;
        }
        if !traces.is_empty() {
            loading.load_context(&traces).await?;
        }
        if !(resources.is_empty() && traces.is_empty()) {
            case = self.case(loading.events());
        }
        let windows = self.next_windows(&case, loading.events());
        if !windows.is_empty() {
            loading.load_context(&windows).await?;
        }
        Ok(!(resources.is_empty() && traces.is_empty() && windows.is_empty()))
    }

    /// All events of the things that belong to the case or may turn out to.
    fn next_resources(&mut self, case: &Case, events: &[Entry]) -> Vec<Lookup> {
        let customers = case.customers();
        let in_traces = case.in_traces_of_members(events);
        let mut of_tables: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (number, thing) in case.things.iter().enumerate() {
            let may_belong = case.members.contains_key(&number)
                || in_traces.contains(&number)
                || thing.customer.is_some_and(|customer| customers.contains(&customer));
            if may_belong
                && self.resources.len() < MAX_THINGS
                && self.resources.insert((thing.table, thing.id.clone()))
            {
                of_tables.entry(thing.table).or_default().push(thing.id.clone());
            }
        }
        let range = self.followed;
        let lookup = |(table, ids)| Lookup::new(table, "resource_id", ids, range);
        of_tables.into_iter().map(lookup).collect()
    }

    /// All events of the requests that touched the case.
    fn next_traces(&mut self, case: &Case, events: &[Entry]) -> Vec<Lookup> {
        let of_members = case.members.keys().flat_map(|thing| &case.things[*thing].events);
        let traces: Vec<_> = of_members
            .filter_map(|at| events[*at].trace_id.clone())
            .filter(|trace| self.traces.len() < MAX_THINGS && self.traces.insert(trace.clone()))
            .collect();
        if traces.is_empty() {
            return Vec::new();
        }
        let range = self.followed;
        let lookup = |table| Lookup::new(table, "trace_id", traces.clone(), range);
        (0..self.tables().len()).map(lookup).collect()
    }

    /// What the customers of the case did around its moments.
    fn next_windows(&mut self, case: &Case, events: &[Entry]) -> Vec<Lookup> {
        let mut windows = Vec::new();
        for thing in case.members.keys().map(|thing| &case.things[*thing]) {
            let Some(customer) = thing.customer else { continue };
            let times = thing.times(events, |action| is_moment(self.tables(), thing.table, action));
            windows.extend(times.map(|time| Window { customer, from: time - CONTEXT, to: time + CONTEXT }));
        }
        // A moment well inside what was read has its neighbours there.
        let is_known = |window: &Window| {
            let (from, to) = (window.from + CONTEXT / 2, window.to - CONTEXT / 2);
            let mut of_customer = self.windows.iter().filter(|known| known.customer == window.customer);
            of_customer.any(|known| known.from <= from && to <= known.to)
        };
        windows.retain(|window| !is_known(window));
        let merged = merge(windows);
        self.windows.extend(&merged);
        let mut lookups = Vec::new();
        for Window { customer, from, to } in merged {
            for (number, table) in self.tables().iter().enumerate() {
                if table.case.ownership != Ownership::Everybody {
                    let range = ResolvedRange { from: Some(from), to: Some(to), assumed: false };
                    lookups.push(Lookup::new(number, "actor_id", [customer], range));
                }
            }
        }
        lookups
    }

    fn timeline(&self, events: Vec<Entry>, is_cut: bool) -> Timeline {
        let case = self.case(&events);
        let missing =
            if is_cut || self.request.only_key { Vec::new() } else { case.missing(self.tables(), &events) };
        let reasons = case.reasons(&events, &self.sought);
        let mut found: Vec<_> = events
            .into_iter()
            .zip(reasons)
            .filter_map(|(entry, reason)| {
                let Member { scope, matched_by, certainty } = reason?;
                Some(TimelineEvent { entry, matched_by, certainty, scope })
            })
            .collect();
        let too_many = found.len().saturating_sub(usize::from(self.request.limit));
        found.drain(..too_many);
        let things = summaries(&found, self.tables());
        Timeline { events: found, things, missing, range: self.range, is_cut: is_cut || too_many > 0 }
    }
}

impl Case {
    fn customers(&self) -> BTreeSet<Uuid> {
        self.members.keys().filter_map(|thing| self.things[*thing].customer).collect()
    }

    /// The things that were touched by a request that touched a member.
    fn in_traces_of_members(&self, events: &[Entry]) -> BTreeSet<usize> {
        things::by_trace(events, &self.things)
            .into_values()
            .filter(|things| things.len() <= MAX_THINGS_OF_A_TRACE)
            .filter(|things| things.iter().any(|thing| self.members.contains_key(thing)))
            .flatten()
            .collect()
    }

    /// Why each event belongs to the case, if it does.
    fn reasons(&self, events: &[Entry], sought: &BTreeSet<Identity>) -> Vec<Option<Member>> {
        let mut reasons = vec![None; events.len()];
        for (thing, member) in &self.members {
            for at in &self.things[*thing].events {
                reasons[*at] = Some(*member);
            }
        }
        let in_things: BTreeSet<_> =
            self.things.iter().flat_map(|thing| thing.events.iter().copied()).collect();
        let traces: BTreeSet<_> = self
            .members
            .iter()
            .filter(|(_, member)| member.scope == Scope::Case)
            .flat_map(|(thing, _)| &self.things[*thing].events)
            .filter_map(|at| events[*at].trace_id.as_deref())
            .collect();
        let by = |matched_by| Member { scope: Scope::Case, matched_by, certainty: Certainty::Certain };
        for (at, event) in events.iter().enumerate() {
            if sought.contains(&identity(event)) {
                reasons[at] = Some(by(MatchedBy::Key));
            } else if !in_things.contains(&at)
                && event.trace_id.as_deref().is_some_and(|trace| traces.contains(trace))
            {
                // What is everybody's, such as the number of a product's free seats.
                reasons[at] = Some(by(MatchedBy::Trace));
            }
        }
        reasons
    }

    /// What the domains expect of the case's things, and was not found.
    fn missing(&self, tables: &[LogTable], events: &[Entry]) -> Vec<Missing> {
        let mut missing = Vec::new();
        for (number, _) in self.members.iter().filter(|(_, member)| member.scope == Scope::Case) {
            let thing = &self.things[*number];
            let table = &tables[thing.table];
            for rule in table.case.links {
                let Some(action) = &rule.expected_after else { continue };
                let is_there = self.links.iter().any(|link| {
                    link.owner == *number && tables[self.things[link.part].table].domain == rule.to
                });
                if !is_there && thing.times(events, |done| done == action.as_str()).next().is_some() {
                    missing.push(Missing {
                        domain: table.domain,
                        resource_id: thing.id.clone(),
                        action_type: action.to_string(),
                        expected: rule.to,
                    });
                }
            }
        }
        missing
    }
}

/// Whether an action of a table's things is the beginning of a link, from either side.
fn is_moment(tables: &[LogTable], table: usize, action: &str) -> bool {
    let ours = tables[table].case.links.iter().flat_map(|rule| rule.begins);
    let rules = tables.iter().flat_map(|table| table.case.links);
    let theirs = rules.filter(|rule| rule.to == tables[table].domain).flat_map(|rule| rule.begins);
    ours.into_iter().any(|moment| moment.ours.as_str() == action)
        || theirs.into_iter().any(|moment| moment.theirs.contains(&action))
}

/// Windows that overlap become one.
fn merge(mut windows: Vec<Window>) -> Vec<Window> {
    windows.sort_by_key(|window| (window.customer, window.from));
    let mut merged: Vec<Window> = Vec::new();
    for window in windows {
        match merged.last_mut() {
            Some(last) if last.customer == window.customer && window.from <= last.to => {
                last.to = last.to.max(window.to);
            }
            _ => merged.push(window),
        }
    }
    merged
}

/// The things of an answer, in the order of their first events.
fn summaries(events: &[TimelineEvent], tables: &[LogTable]) -> Vec<answer::Thing> {
    let is_owned = |domain| {
        let mut owned = tables.iter().filter(|table| table.case.ownership != Ownership::Everybody);
        owned.any(|table| table.domain == domain)
    };
    let mut things: Vec<answer::Thing> = Vec::new();
    for event in events.iter().filter(|event| is_owned(event.entry.domain)) {
        let TimelineEvent { entry, certainty, scope, .. } = event;
        let Some(id) = &entry.resource_id else { continue };
        let known = things.iter_mut().find(|thing| thing.domain == entry.domain && thing.resource_id == *id);
        if let Some(thing) = known {
            thing.events += 1;
            thing.failures += usize::from(entry.is_failure);
            thing.last_action.clone_from(&entry.action_type);
            thing.certainty = thing.certainty.min(*certainty);
        } else {
            things.push(answer::Thing {
                domain: entry.domain,
                resource_id: id.clone(),
                last_action: entry.action_type.clone(),
                events: 1,
                failures: usize::from(entry.is_failure),
                certainty: *certainty,
                scope: *scope,
            });
        }
    }
    things
}
