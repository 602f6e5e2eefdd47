use std::collections::{BTreeMap, btree_map::Entry};

use audit_query::{Count, Dimension, Domain, LogTable};
use chrono::{DateTime, Utc};

/// How many actions are counted separately. Nobody has chosen more: then a publisher uses the field for something else.
const MAX_ACTIONS: usize = 10_000;

/// The numbers of events by time, domain and action.
#[derive(Debug)]
pub(super) struct Numbers {
    tables: Vec<LogTable>,
    pub(super) stretches: Vec<Stretch>,
    /// The failures, in the order of the tables.
    failures: Vec<u64>,
    /// The first actions that were added. As the largest counts come first, these are the most frequent.
    actions: BTreeMap<(Domain, String), u64>,
}

/// The numbers of a stretch of time.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    /// The events, in the order of the tables.
    pub(super) counts: Vec<u64>,
    pub(super) failures: u64,
}

impl Stretch {
    pub(super) fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// How often an action occurred.
pub(super) struct Action<'n> {
    pub(super) domain: Domain,
    pub(super) name: &'n str,
    pub(super) count: u64,
    pub(super) is_failure: bool,
}

impl Numbers {
    /// Empty stretches between each edge and the next.
    pub(super) fn new(tables: Vec<LogTable>, edges: &[DateTime<Utc>]) -> Self {
        let empty = |edges: &[DateTime<Utc>]| Stretch {
            from: edges[0],
            to: edges[1],
            counts: vec![0; tables.len()],
            failures: 0,
        };
        let stretches = edges.windows(2).map(empty).collect();
        let failures = vec![0; tables.len()];
        Self { tables, stretches, failures, actions: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, Count { bucket, group, count }: Count) {
        let value = |dimension: Dimension| group.get(dimension.name()).map(ToString::to_string);
        let (domain, action_type) = (value(Dimension::Domain), value(Dimension::ActionType));
        let (Some(bucket), Some(domain), Some(action_type)) = (bucket, domain, action_type) else { return };
        let at = self.stretches.iter().rposition(|stretch| stretch.from <= bucket.to_utc());
        let place = self.domains().position(|known| known.name() == domain);
        let (Some(stretch), Some(place)) = (at.and_then(|at| self.stretches.get_mut(at)), place) else {
            return;
        };
        stretch.counts[place] += count;
        if self.tables[place].actions.is_failure(&action_type) {
            stretch.failures += count;
            self.failures[place] += count;
        }
        let has_room = self.actions.len() < MAX_ACTIONS;
        match self.actions.entry((self.tables[place].domain, action_type)) {
            Entry::Occupied(mut known) => *known.get_mut() += count,
            Entry::Vacant(new) if has_room => {
                new.insert(count);
            }
            // It is counted among the others.
            Entry::Vacant(_) => {}
        }
    }

    /// The domains, in the order of the tables.
    pub(super) fn domains(&self) -> impl Iterator<Item = Domain> {
        self.tables.iter().map(|table| table.domain)
    }

    /// The beginning of the first stretch.
    pub(super) fn from(&self) -> DateTime<Utc> {
        self.stretches.first().map_or_else(Utc::now, |stretch| stretch.from)
    }

    pub(super) fn total(&self) -> u64 {
        self.stretches.iter().map(Stretch::total).sum()
    }

    /// The failures of a domain, or of all.
    pub(super) fn failures(&self, domain: Option<Domain>) -> u64 {
        let failures = self.domains().zip(&self.failures);
        failures.filter(|(of, _)| domain.is_none_or(|domain| domain == *of)).map(|(_, count)| count).sum()
    }

    /// The events of each domain.
    pub(super) fn by_domain(&self) -> impl Iterator<Item = (Domain, u64)> {
        let total = |place: usize| self.stretches.iter().map(|stretch| stretch.counts[place]).sum();
        self.domains().enumerate().map(move |(place, domain)| (domain, total(place)))
    }

    /// The actions that match a condition, the most frequent first.
    pub(super) fn most_frequent(&self, wanted: impl Fn(&Action<'_>) -> bool) -> Vec<Action<'_>> {
        const SHOWN: usize = 8;
        let all = self.actions.iter().map(|((domain, name), count)| Action {
            domain: *domain,
            name,
            count: *count,
            is_failure: self.is_failure(*domain, name),
        });
        let mut actions: Vec<_> = all.filter(wanted).collect();
        actions.sort_by_key(|action| std::cmp::Reverse(action.count));
        actions.truncate(SHOWN);
        actions
    }

    fn is_failure(&self, domain: Domain, action: &str) -> bool {
        let table = self.tables.iter().find(|table| table.domain == domain);
        table.is_some_and(|table| table.actions.is_failure(action))
    }
}

/// A part of a whole, from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "for pictures")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
pub(super) mod tests {
    use audit_query::AccessLog;
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    use super::*;

    pub(in crate::overview) fn numbers(counts: &[(i32, &'static str, &str, u64)]) -> Numbers {
        let from: DateTime<Utc> = "2025-12-05T15:00:00Z".parse().unwrap();
        let edges: Vec<_> = (0..=3).map(|day| from + TimeDelta::days(1) * day).collect();
        let table = |name| LogTable { domain: Domain::new(name), ..AccessLog::table() };
        let mut numbers = Numbers::new(vec![table("auth"), table("payment")], &edges);
        for (day, domain, action_type, count) in counts {
            numbers.add(Count {
                bucket: Some((from + TimeDelta::days(1) * *day).with_timezone(&Tz::Asia__Seoul)),
                group: [("domain", *domain), ("action_type", *action_type)]
                    .map(|(name, text)| (name, Some(text.to_owned().into())))
                    .into_iter()
                    .collect(),
                count: *count,
            });
        }
        numbers
    }

    #[test]
    fn counts_add_up_by_time_domain_and_action() {
        let numbers = numbers(&[
            (0, "auth", "LOGIN", 30),
            (2, "auth", "LOGIN", 12),
            (2, "auth", "LOGIN_FAILED", 3),
            (2, "payment", "CONFIRM", 7),
            (2, "unknown", "X", 100),
        ]);
        let days: Vec<_> = numbers.stretches.iter().map(|day| (day.counts.clone(), day.failures)).collect();
        assert_eq!(days, [(vec![30, 0], 0), (vec![0, 0], 0), (vec![15, 7], 3)]);
        assert_eq!((numbers.total(), numbers.failures(None)), (52, 3));
        assert_eq!(numbers.failures(Some(Domain::new("payment"))), 0);
        let first = &numbers.most_frequent(|_| true)[0];
        assert_eq!((first.name, first.count), ("LOGIN", 42));
        assert_eq!(numbers.most_frequent(|action| action.is_failure).len(), 1);
    }

    #[test]
    fn of_more_actions_than_anybody_chose_the_rarest_count_without_their_names() {
        let names: Vec<_> = (0..MAX_ACTIONS + 2000).map(|number| format!("FAIL_{number}")).collect();
        let mut counts = vec![(1, "auth", "LOGIN", 30)];
        counts.extend(names.iter().map(|name| (1, "payment", name.as_str(), 1)));
        counts.push((2, "auth", "LOGIN", 1));
        let numbers = numbers(&counts);
        assert_eq!((numbers.total(), numbers.failures(None)), (12_031, 12_000));
        assert_eq!(numbers.most_frequent(|_| true)[0].count, 31);
        assert_eq!(numbers.actions.len(), MAX_ACTIONS);
    }
}
