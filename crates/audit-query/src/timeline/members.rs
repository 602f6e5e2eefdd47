//! Which things belong to a case, and how: those that were asked for, what they belong to, and what belongs to the same
//! order.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Certainty, MatchedBy, Scope,
    links::{Linked, owns_others},
    things::Thing,
};
use crate::LogTable;

/// How a thing belongs to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) scope: Scope,
    pub(super) matched_by: MatchedBy,
    pub(super) certainty: Certainty,
}

/// The members of a case, by the things' numbers.
pub(super) fn members(
    tables: &[LogTable],
    things: &[Thing],
    links: &[Linked],
    sought: &BTreeSet<usize>,
) -> BTreeMap<usize, Member> {
    let mut members = Members { links, found: BTreeMap::new() };
    for thing in sought {
        let member =
            Member { scope: Scope::Case, matched_by: MatchedBy::Resource, certainty: Certainty::Certain };
        members.found.insert(*thing, member);
    }
    let owns = |thing: usize| owns_others(&tables[things[thing].table]);
    // A payment's case is all that it pays for; a ticket's is its reservation.
    let is_up = |from: usize, to: usize| !owns(from) && (owns(to) || things[from].table == things[to].table);
    members.spread(Scope::Case, is_up);
    let is_down = |from: usize, to: usize| owns(from) || things[from].table == things[to].table && !owns(to);
    members.spread(Scope::Case, is_down);
    members.spread_to_order(owns);
    members.spread(Scope::Order, is_down);
    members.found
}

struct Members<'l> {
    links: &'l [Linked],
    found: BTreeMap<usize, Member>,
}

impl Members<'_> {
    /// Follows links from members of a scope for as long as they lead to new ones.
    fn spread(&mut self, scope: Scope, may_follow: impl Fn(usize, usize) -> bool) {
        loop {
            let before = self.found.len();
            for link in self.links {
                for (from, to) in [(link.owner, link.part), (link.part, link.owner)] {
                    if may_follow(from, to)
                        && self.found.get(&from).is_some_and(|member| member.scope == scope)
                    {
                        self.add(link, from, to, scope);
                    }
                }
            }
            if self.found.len() == before {
                return;
            }
        }
    }

    /// What shares something with the case, as the other reservations of a cart share a payment.
    fn spread_to_order(&mut self, owns: impl Fn(usize) -> bool) {
        let shared = self.links.iter().filter(|link| link.is_shared && owns(link.owner));
        for link in shared {
            if self.found.get(&link.part).is_some_and(|member| member.scope == Scope::Case) {
                self.add(link, link.part, link.owner, Scope::Order);
            }
        }
    }

    fn add(&mut self, link: &Linked, from: usize, to: usize, scope: Scope) {
        let Some(known) = self.found.get(&from) else { return };
        let certainty = known.certainty.min(link.certainty);
        self.found.entry(to).or_insert(Member { scope, matched_by: link.matched_by, certainty });
    }
}
