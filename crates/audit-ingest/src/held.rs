use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use lapin::message::Delivery;
use metrics::Gauge;

use crate::metrics::DomainMetrics;

/// The messages of a domain that were taken from its queue and are not acknowledged yet: how many, and since when.
///
/// However its consumer or writer is stuck, the age of the oldest one rises.
#[derive(Debug)]
pub(crate) struct Held {
    since: Mutex<Since>,
    messages: Gauge,
    age: Gauge,
}

#[derive(Debug, Default)]
struct Since {
    /// Since when the oldest one is held.
    oldest: Option<Instant>,
    /// The same of those that the broker took back when a consumer ended. They come again.
    taken_back: Option<Instant>,
}

/// When a delivery was taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    at: Instant,
    redelivered: bool,
}

impl Taken {
    pub(crate) fn now(delivery: &Delivery) -> Self {
        Self { at: Instant::now(), redelivered: delivery.redelivered }
    }
}

impl Held {
    pub(crate) fn new(metrics: &DomainMetrics) -> Self {
        let held =
            Self { since: Mutex::default(), messages: metrics.held_messages(), age: metrics.oldest_held() };
        held.tell_age();
        held
    }

    /// For a consumer that has started. What it holds in the end, the broker takes back.
    pub(crate) fn by_consumer(&self) -> HeldByConsumer<'_> {
        HeldByConsumer(self)
    }

    /// Since when the oldest one is held, if there is any.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.lock().oldest
    }

    pub(crate) fn tell_age(&self) {
        self.age.set(self.since().map(|since| since.elapsed()).unwrap_or_default());
    }

    fn tell_messages(&self, messages: u64) {
        self.messages.set(u32::try_from(messages).unwrap_or(u32::MAX));
    }

    fn lock(&self) -> MutexGuard<'_, Since> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one consumer holds.
pub(crate) struct HeldByConsumer<'a>(&'a Held);

impl HeldByConsumer<'_> {
    /// So many are held from now on. A message that comes again was held before: consumers that end one after the other
    /// do not make it young.
    pub(crate) fn are(&self, messages: u64, oldest: Option<Taken>) {
        self.0.tell_messages(messages);
        let mut since = self.0.lock();
        since.oldest = oldest.map(|Taken { at, redelivered }| match since.taken_back {
            Some(before) if redelivered => before,
            _ => at,
        });
    }

    /// A batch was acknowledged.
    pub(crate) fn some_are_settled(&self) {
        self.0.lock().taken_back = None;
    }
}

impl Drop for HeldByConsumer<'_> {
    fn drop(&mut self) {
        self.0.tell_messages(0);
        let mut since = self.0.lock();
        since.taken_back = since.oldest.take().or(since.taken_back);
    }
}
