//! Which things belong together: because an event names the other, because one request touched both, or because the same
//! customer changed both at about the same time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use audit_core::store::{Link, Moment, Ownership, Pairing};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Certainty, MatchedBy, names,
    things::{self, Thing},
};
use crate::{Entry, LogTable};

/// Two things that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Linked {
    /// The one that others belong to, such as a reservation.
    pub(super) owner: usize,
    /// The one that belongs to it.
    pub(super) part: usize,
    /// How it is known.
    pub(super) matched_by: MatchedBy,
    /// How sure it is.
    pub(super) certainty: Certainty,
    /// Whether the part may belong to several owners.
    pub(super) is_shared: bool,
}

/// Two things that may belong together.
#[derive(Clone, Debug)]
struct Candidate {
    owner: usize,
    part: usize,
    is_named: bool,
    /// Whether one request touched both, and nothing else that the part could belong to.
    in_one_request: bool,
    /// The first of the rule's beginnings that happened to both, and when.
    begin: Option<Meeting>,
    /// How many later moments happened to both.
    agreeing: usize,
}

/// A moment of two things.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    /// Which of the rule's moments it is.
    moment: usize,
    ours: DateTime<Utc>,
    theirs: DateTime<Utc>,
}

/// All links between things.
pub(super) fn links(tables: &[LogTable], events: &[Entry], things: &[Thing]) -> Vec<Linked> {
    let evidence = Evidence::of(tables, events, things);
    let mut links: Vec<Linked> = Vec::new();
    for (owner, part, rule) in rules(tables) {
        let candidates = evidence.candidates(owner, part, &rule);
        let taken = links.iter().filter(|link| !link.is_shared).map(|link| link.part).collect();
        links.extend(choose(rule.pairing, candidates, &taken));
    }
    links
}

/// The rules for all pairs of tables whose resources can belong together: the number of the owners' table, that of the
/// parts', and the rule. Where a domain has none, only a name or a common request connects the two.
fn rules(tables: &[LogTable]) -> Vec<(usize, usize, Link)> {
    let mut rules = Vec::new();
    for (owner, table) in tables.iter().enumerate() {
        for (part, other) in tables.iter().enumerate() {
            let rule = table.case.links.iter().find(|rule| rule.to == other.domain);
            let is_possible = owns_others(table) && owner != part && !owns_others(other);
            match rule {
                Some(rule) => rules.push((owner, part, rule.clone())),
                None if is_possible && other.case.ownership != Ownership::Everybody => {
                    rules.push((owner, part, Link::without_moments(other.domain)));
                }
                None => {}
            }
        }
    }
    // Links within a domain come first: a ticket that replaces another one is nobody's first ticket.
    rules.sort_by_key(|(owner, part, _)| owner != part);
    rules
}

/// Whether resources of other domains belong to a table's, as payments to a reservation.
pub(super) fn owns_others(table: &LogTable) -> bool {
    table.case.links.iter().any(|rule| rule.to != table.domain)
}

/// What is known of things before rules are applied.
struct Evidence<'e> {
    events: &'e [Entry],
    things: &'e [Thing],
    /// The things that each request touched.
    traces: Vec<BTreeSet<usize>>,
    /// The requests that touched each thing, by their places among all.
    traces_of: Vec<BTreeSet<usize>>,
    /// What each thing is known by.
    names: Vec<BTreeSet<names::Name>>,
    /// What the events of each thing name.
    named: Vec<BTreeSet<names::Name>>,
}

impl<'e> Evidence<'e> {
    fn of(tables: &[LogTable], events: &'e [Entry], things: &'e [Thing]) -> Self {
        let traces: Vec<_> = things::by_trace(events, things).into_values().collect();
        let mut traces_of = vec![BTreeSet::new(); things.len()];
        for (trace, touched) in traces.iter().enumerate() {
            for thing in touched {
                traces_of[*thing].insert(trace);
            }
        }
        Self {
            events,
            things,
            traces,
            traces_of,
            names: things.iter().map(|thing| names::names_of(tables, events, thing)).collect(),
            named: things.iter().map(|thing| names::named_by(events, thing)).collect(),
        }
    }

    fn candidates(&self, owners: usize, parts: usize, rule: &Link) -> Vec<Candidate> {
        let of_table = |table| (0..self.things.len()).filter(move |thing| self.things[*thing].table == table);
        let mut candidates = Vec::new();
        for owner in of_table(owners) {
            let others = of_table(parts).filter(|part| *part != owner);
            candidates.extend(others.filter_map(|part| self.candidate(owner, part, rule)));
        }
        candidates
    }

    fn candidate(&self, owner: usize, part: usize, rule: &Link) -> Option<Candidate> {
        let (ours, theirs) = (&self.things[owner], &self.things[part]);
        let is_same_customer = ours.customer.is_some() && ours.customer == theirs.customer;
        if ours.customer.is_some() && theirs.customer.is_some() && !is_same_customer {
            return None;
        }
        let mut begins = rule.begins.iter().enumerate().filter(|_| is_same_customer);
        let begin = begins.find_map(|(number, moment)| self.meeting(number, moment, ours, theirs));
        let is_named = !self.names[owner].is_disjoint(&self.named[part])
            || !self.names[part].is_disjoint(&self.named[owner]);
        let in_one_request = self.in_one_request(owner, part, rule.pairing);
        if !is_named && !in_one_request && begin.is_none() {
            return None;
        }
        let later = rule.later.iter().enumerate();
        let agreeing =
            later.filter_map(|(number, moment)| self.meeting(number, moment, ours, theirs)).count();
        Some(Candidate { owner, part, is_named, in_one_request, begin, agreeing })
    }

    /// A request that touches several owners says nothing of a part that belongs to one of them. What they share must
    /// then be one customer's: an event that is called off cancels everybody's reservations.
    fn in_one_request(&self, owner: usize, part: usize, pairing: Pairing) -> bool {
        let table = self.things[owner].table;
        let customer = self.things[owner].customer;
        let mut both = self.traces_of[owner].intersection(&self.traces_of[part]);
        both.any(|trace| {
            let touched = self.traces[*trace].iter().map(|thing| &self.things[*thing]);
            let mut owners = touched.filter(|thing| thing.table == table);
            match pairing {
                Pairing::Shared => customer.is_some() && owners.all(|owner| owner.customer == customer),
                Pairing::Nearest | Pairing::InOrder => owners.count() == 1,
            }
        })
    }

    /// When a moment's two actions happened to these two; the nearest ones.
    fn meeting(&self, number: usize, moment: &Moment, ours: &Thing, theirs: &Thing) -> Option<Meeting> {
        let before = TimeDelta::seconds(moment.before.into());
        let after = TimeDelta::seconds(moment.after.into());
        let their_times: Vec<_> =
            theirs.times(self.events, |action| moment.theirs.contains(&action)).collect();
        let meetings = ours.times(self.events, |action| moment.ours.as_str() == action).flat_map(|ours| {
            their_times.iter().map(move |theirs| Meeting { moment: number, ours, theirs: *theirs })
        });
        let near = meetings.filter(|meeting| (-before..=after).contains(&meeting.delay()));
        near.min_by_key(Meeting::distance)
    }
}

impl Meeting {
    /// From our action to theirs.
    fn delay(&self) -> TimeDelta {
        self.theirs - self.ours
    }

    fn distance(&self) -> TimeDelta {
        self.delay().abs()
    }
}

/// Decides between the candidates of one rule. `taken` are the parts that have an owner already.
fn choose(pairing: Pairing, candidates: Vec<Candidate>, taken: &BTreeSet<usize>) -> Vec<Linked> {
    let is_shared = pairing == Pairing::Shared;
    let certain = |matched_by, is_certain: fn(&Candidate) -> bool, open: &mut Vec<Candidate>| {
        let links: Vec<_> = open
            .iter()
            .filter(|candidate| is_certain(candidate))
            .map(|candidate| candidate.linked(matched_by, Certainty::Certain, is_shared))
            .collect();
        // Whose owner is certain needs no guess; nor does an owner that has its part.
        open.retain(|candidate| {
            !links
                .iter()
                .any(|link| link.part == candidate.part || (!is_shared && link.owner == candidate.owner))
        });
        links
    };
    let mut open = candidates;
    open.retain(|candidate| !taken.contains(&candidate.part));
    let mut links = certain(MatchedBy::Named, |candidate| candidate.is_named, &mut open);
    links.extend(certain(MatchedBy::Trace, |candidate| candidate.in_one_request, &mut open));
    links.extend(if is_shared { shared(&open) } else { one_to_one(pairing, open) });
    links
}

/// Each part belongs to all owners that its best evidence speaks for.
fn shared(candidates: &[Candidate]) -> Vec<Linked> {
    let mut best: BTreeMap<usize, usize> = BTreeMap::new();
    let begins = || candidates.iter().filter_map(|candidate| Some((candidate, candidate.begin?)));
    for (candidate, begin) in begins() {
        let known = best.entry(candidate.part).or_insert(begin.moment);
        *known = begin.moment.min(*known);
    }
    let is_best =
        |(candidate, begin): &(&Candidate, Meeting)| best.get(&candidate.part) == Some(&begin.moment);
    begins()
        .filter(is_best)
        .map(|(candidate, begin)| {
            let certainty = if begin.moment == 0 { Certainty::Likely } else { Certainty::Doubtful };
            candidate.linked(begin.into(), certainty, true)
        })
        .collect()
}

/// Each part belongs to one owner, and each owner has one part.
fn one_to_one(pairing: Pairing, candidates: Vec<Candidate>) -> Vec<Linked> {
    let mut open: Vec<_> = candidates
        .into_iter()
        .filter_map(|candidate| candidate.begin.map(|begin| (candidate, begin)))
        .collect();
    open.sort_by_key(|(candidate, begin)| {
        let by_time = (pairing == Pairing::InOrder).then_some((begin.theirs, begin.ours));
        (Reverse(candidate.agreeing), by_time, begin.distance())
    });
    let (mut owners, mut parts, mut links) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (candidate, begin) in &open {
        if owners.contains(&candidate.owner) || parts.contains(&candidate.part) {
            continue;
        }
        owners.insert(candidate.owner);
        parts.insert(candidate.part);
        let is_rival = |(rival, other): &(Candidate, Meeting)| {
            (rival.owner == candidate.owner) != (rival.part == candidate.part)
                && rival.agreeing >= candidate.agreeing
                && (pairing == Pairing::InOrder || other.distance() < begin.distance() * 2 + RIVALS)
        };
        let certainty = if open.iter().any(is_rival) { Certainty::Doubtful } else { Certainty::Likely };
        links.push(candidate.linked((*begin).into(), certainty, false));
    }
    links
}

/// Of two candidates that are this much apart in time, none is clearly nearer.
const RIVALS: TimeDelta = TimeDelta::milliseconds(200);

impl From<Meeting> for MatchedBy {
    fn from(meeting: Meeting) -> Self {
        let seconds = meeting.distance().as_seconds_f64().ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "windows are short")]
        Self::Actor { seconds: seconds as u32 }
    }
}

impl Candidate {
    fn linked(&self, matched_by: MatchedBy, certainty: Certainty, is_shared: bool) -> Linked {
        Linked { owner: self.owner, part: self.part, matched_by, certainty, is_shared }
    }
}
