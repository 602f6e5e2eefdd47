//! Events that say they happen later than now. Their publisher's clock is ahead; or it writes local times without a
//! zone, which are read in another: a Korean clock read as UTC is nine hours ahead. They are stored as they say, and
//! somebody should hear of it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use audit_core::{Domain, store::Row};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use crate::Zones;

/// By how much clocks may differ.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);
/// A publisher is told of so often at most.
const TOLD_EVERY: Duration = Duration::from_hours(1);

/// Whether an event's time lies ahead.
#[must_use]
pub fn is_ahead(occurred_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    occurred_at > now + TOLERANCE
}

/// What a batch has of them, by publisher.
#[derive(Debug, Default)]
pub(crate) struct Ahead(BTreeMap<String, AheadOf>);

/// The same of one publisher.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AheadOf {
    pub(crate) events: u64,
    without_zone: u64,
    furthest: TimeDelta,
}

impl Ahead {
    pub(crate) fn add(&mut self, publisher: &str, row: &Row, now: DateTime<Utc>) {
        let of = self.0.entry(publisher.to_owned()).or_default();
        of.events += 1;
        of.without_zone += u64::from(!row.names_zone);
        of.furthest = of.furthest.max(row.occurred_at - now);
    }

    pub(crate) fn by_publisher(&self) -> impl Iterator<Item = (&String, &AheadOf)> {
        self.0.iter()
    }
}

/// Warns of such publishers, of each from time to time.
#[derive(Debug, Default)]
pub(crate) struct AheadWarnings(Mutex<BTreeMap<String, Instant>>);

impl AheadWarnings {
    pub(crate) fn tell(&self, domain: Domain, ahead: &Ahead, zones: &Zones) {
        for (publisher, of) in ahead.by_publisher().filter(|(publisher, _)| self.is_time_for(publisher)) {
            let AheadOf { events, without_zone, furthest } = *of;
            warn!(
                %domain,
                publisher,
                events,
                without_zone,
                minutes = furthest.num_minutes(),
                "events of {publisher} say that they happen later than now: its clock is ahead, or it writes local times \
                 without a zone, which are read as {}; ingest.naive_time_zones can name another",
                zones.of(domain),
            );
        }
    }

    fn is_time_for(&self, publisher: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(publisher).is_some_and(|at| at.elapsed() < TOLD_EVERY) {
            return false;
        }
        told.insert(publisher.to_owned(), Instant::now());
        true
    }
}
