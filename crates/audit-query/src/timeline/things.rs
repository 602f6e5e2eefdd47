//! The things of a case: the resources that its events are about.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use audit_core::store::Ownership;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{Entry, LogTable};

/// The actors who act for themselves. Administrators and the system touch everybody's things.
const CUSTOMER: &str = "CUSTOMER";

/// A resource that belongs to one customer, for good or for a time, and its events.
#[derive(Debug)]
pub(super) struct Thing {
    /// The number of its table.
    pub(super) table: usize,
    /// Its id.
    pub(super) id: String,
    /// Its events' places among all, in the order of time.
    pub(super) events: Vec<usize>,
    /// Whose it is, as far as its events say.
    pub(super) customer: Option<Uuid>,
}

/// Sorts events, which are in the order of time, by the things that they are about. A resource that is one customer's
/// for a time is another thing each time.
pub(super) fn things(tables: &[LogTable], events: &[Entry]) -> Vec<Thing> {
    let mut by_resource: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        let table = tables.iter().position(|table| table.domain == event.domain);
        let owned = table.filter(|table| tables[*table].case.ownership != Ownership::Everybody);
        if let (Some(table), Some(id)) = (owned, &event.resource_id) {
            by_resource.entry((table, id)).or_default().push(at);
        }
    }
    let mut things = Vec::new();
    for ((table, id), of_resource) in by_resource {
        for period in periods(tables[table].case.ownership, &of_resource, events) {
            let of_period = of_resource[period].to_vec();
            let customer = of_period.iter().find_map(|at| customer(&events[*at]));
            things.push(Thing { table, id: id.to_owned(), events: of_period, customer });
        }
    }
    things
}

/// Who did it, if it was a customer.
pub(super) fn customer(event: &Entry) -> Option<Uuid> {
    event.actor_id.filter(|_| event.actor_type == CUSTOMER)
}

/// The parts of a resource's events in which it is one customer's. What follows an end, such as a second cancellation,
/// belongs to what was before.
fn periods(ownership: Ownership, of_resource: &[usize], events: &[Entry]) -> Vec<Range<usize>> {
    let Ownership::OneAtATime { begins } = ownership else {
        return std::iter::once(0..of_resource.len()).collect();
    };
    let is_begin = |at: &usize| {
        let action = &*events[of_resource[*at]].action_type;
        begins.iter().any(|begin| begin.as_str() == action)
    };
    let begun = (1..of_resource.len()).filter(is_begin);
    let starts: Vec<_> = std::iter::once(0).chain(begun).chain([of_resource.len()]).collect();
    starts.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// The things that each request touched, by trace.
pub(super) fn by_trace<'e>(events: &'e [Entry], things: &[Thing]) -> BTreeMap<&'e str, BTreeSet<usize>> {
    let mut traces: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (number, thing) in things.iter().enumerate() {
        for trace in thing.events.iter().filter_map(|at| events[*at].trace_id.as_deref()) {
            traces.entry(trace).or_default().insert(number);
        }
    }
    traces
}

impl Thing {
    /// When one of these actions happened to it.
    pub(super) fn times<'e>(
        &'e self,
        events: &'e [Entry],
        is_wanted: impl Fn(&str) -> bool + 'e,
    ) -> impl Iterator<Item = DateTime<Utc>> + 'e {
        let of_thing = self.events.iter().map(|at| &events[*at]);
        of_thing.filter(move |event| is_wanted(&event.action_type)).map(|event| event.occurred_at)
    }
}
