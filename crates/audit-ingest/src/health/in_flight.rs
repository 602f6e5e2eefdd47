use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use metrics::Gauge;

use crate::{message::ReceivedAt, metrics::DomainMetrics};

/// A domain's messages that are delivered but not yet acknowledged: how many, and since when.
///
/// Wherever a consumer or writer is stuck, the age of the oldest one grows.
#[derive(Debug)]
pub(crate) struct InFlight {
    since: Mutex<Since>,
    messages: Gauge,
    age: Gauge,
}

#[derive(Debug, Default)]
struct Since {
    /// Since when the oldest one is in flight.
    oldest: Option<Instant>,
    /// The same for messages that the broker has requeued because a consumer ended. They will be redelivered.
    taken_back: Option<Instant>,
}

impl InFlight {
    pub(crate) fn new(metrics: &DomainMetrics) -> Self {
        let in_flight =
            Self { since: Mutex::default(), messages: metrics.held_messages(), age: metrics.oldest_held() };
        in_flight.update_age();
        in_flight
    }

    /// Starts counting for a new consumer. The broker requeues what the consumer leaves unacknowledged.
    pub(crate) fn of_consumer(&self) -> ConsumerInFlight<'_> {
        ConsumerInFlight(self)
    }

    /// Since when the oldest one is in flight, if there is any.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.lock().oldest
    }

    pub(crate) fn update_age(&self) {
        self.age.set(self.since().map(|since| since.elapsed()).unwrap_or_default());
    }

    fn set_messages(&self, messages: u64) {
        self.messages.set(u32::try_from(messages).unwrap_or(u32::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, Since> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The messages in flight of one consumer.
pub(crate) struct ConsumerInFlight<'a>(&'a InFlight);

impl ConsumerInFlight<'_> {
    /// Sets how many there are. A redelivered message keeps its age, even if one consumer after the other ends.
    pub(crate) fn set(&self, messages: u64, oldest: Option<ReceivedAt>) {
        self.0.set_messages(messages);
        let mut since = self.0.lock();
        since.oldest = oldest.map(|ReceivedAt { at, redelivered }| match since.taken_back {
            Some(before) if redelivered => before,
            _ => at,
        });
    }

    /// A batch was acknowledged.
    pub(crate) fn acknowledged(&self) {
        self.0.lock().taken_back = None;
    }
}

impl Drop for ConsumerInFlight<'_> {
    fn drop(&mut self) {
        self.0.set_messages(0);
        let mut since = self.0.lock();
        since.taken_back = since.oldest.take().or(since.taken_back);
    }
}
