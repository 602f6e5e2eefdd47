use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The outcomes of a domain's messages since the start. Of a message with several events, each event counts.
#[derive(Debug, Default)]
pub struct Counts {
    stored: AtomicU64,
    duplicates: AtomicU64,
    reads: AtomicU64,
    dead_letters: AtomicU64,
}

/// The [`Counts`] at one moment. Every message that was acknowledged is in exactly one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows written.
    pub stored: u64,
    /// Messages whose event was stored before, with the same content.
    pub duplicates: u64,
    /// Messages that only report that something was read, and were dropped.
    pub reads: u64,
    /// Messages that can't be stored, now on the dead-letter queue.
    pub dead_letters: u64,
}

impl Counts {
    pub(crate) fn add(&self, more: Counted) {
        self.stored.fetch_add(more.stored, Relaxed);
        self.duplicates.fetch_add(more.duplicates, Relaxed);
        self.reads.fetch_add(more.reads, Relaxed);
        self.dead_letters.fetch_add(more.dead_letters, Relaxed);
    }

    /// The counts now.
    #[must_use]
    pub fn now(&self) -> Counted {
        Counted {
            stored: self.stored.load(Relaxed),
            duplicates: self.duplicates.load(Relaxed),
            reads: self.reads.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
        }
    }
}
