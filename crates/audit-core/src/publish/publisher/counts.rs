use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The outcomes of a publisher's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublisherCounts {
    /// The broker has confirmed them.
    pub confirmed: u64,
    /// Not accepted: the buffer was full, or the publisher closed.
    pub dropped: u64,
    /// Accepted but not published: they have no queue, the broker refused them, or their time was up.
    pub failed: u64,
    /// Accepted, and not yet confirmed.
    pub waiting: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    taken: AtomicU64,
    confirmed: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    pub(super) fn taken(&self) {
        self.taken.fetch_add(1, Relaxed);
    }

    pub(super) fn confirmed(&self) {
        self.confirmed.fetch_add(1, Relaxed);
    }

    pub(super) fn dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn now(&self) -> PublisherCounts {
        let (confirmed, failed) = (self.confirmed.load(Relaxed), self.failed.load(Relaxed));
        PublisherCounts {
            confirmed,
            dropped: self.dropped.load(Relaxed),
            failed,
            // An event can be confirmed before it is counted as accepted.
            waiting: self.taken.load(Relaxed).saturating_sub(confirmed + failed),
        }
    }
}
