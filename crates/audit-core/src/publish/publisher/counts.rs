use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What became of a publisher's events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublisherCounts {
    /// The broker has them.
    pub confirmed: u64,
    /// Never taken over: the buffer was full, or the publisher closed.
    pub dropped: u64,
    /// Taken over and given up: no queue takes them, the broker refused them, or their time was up.
    pub failed: u64,
    /// Taken over, and still on their way.
    pub waiting: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    taken: AtomicU64,
    confirmed: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
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
            // An event can be confirmed before it is counted as taken.
            waiting: self.taken.load(Relaxed).saturating_sub(confirmed + failed),
        }
    }
}
