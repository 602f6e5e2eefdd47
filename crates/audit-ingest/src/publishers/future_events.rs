//! Events with a time in the future. Their publisher's clock is ahead, or it writes local times without a zone, which are
//! read in a different zone: Korean time read as UTC is nine hours ahead. They are stored as they are, and logged.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use audit_core::{Domain, store::Row};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::warn;

use crate::Zones;

/// How much clocks may differ.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);
/// The minimum time between two warnings about a publisher.
const WARNING_INTERVAL: Duration = Duration::from_hours(1);

/// Whether an event's time is in the future.
#[must_use]
pub fn is_in_future(occurred_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    occurred_at > now + TOLERANCE
}

/// The future events of a batch, by publisher.
#[derive(Debug, Default)]
pub(crate) struct FutureEvents(BTreeMap<String, OfPublisher>);

#[derive(Clone, Copy, Debug, Default)]
struct OfPublisher {
    events: u64,
    without_zone: u64,
    furthest: TimeDelta,
}

impl FutureEvents {
    pub(crate) fn add(&mut self, publisher: &str, row: &Row, now: DateTime<Utc>) {
        let of_publisher = self.0.entry(publisher.to_owned()).or_default();
        of_publisher.events += 1;
        of_publisher.without_zone += u64::from(!row.names_zone);
        of_publisher.furthest = of_publisher.furthest.max(row.occurred_at - now);
    }

    /// The number of events of each publisher.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(publisher, of_publisher)| (publisher.as_str(), of_publisher.events))
    }
}

/// Warns about publishers whose events are in the future, about each from time to time.
#[derive(Debug, Default)]
pub(crate) struct FutureEventWarnings(Mutex<BTreeMap<String, Instant>>);

impl FutureEventWarnings {
    pub(crate) fn warn(&self, domain: Domain, events: &FutureEvents, zones: &Zones) {
        for (publisher, of_publisher) in events.0.iter().filter(|(publisher, _)| self.is_due(publisher)) {
            let OfPublisher { events, without_zone, furthest } = *of_publisher;
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

    fn is_due(&self, publisher: &str) -> bool {
        let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.get(publisher).is_some_and(|at| at.elapsed() < WARNING_INTERVAL) {
            return false;
        }
        warned.insert(publisher.to_owned(), Instant::now());
        true
    }
}
