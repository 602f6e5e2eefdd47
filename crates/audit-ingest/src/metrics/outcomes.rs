use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts the outcomes of a domain's messages since the start. A message with several events counts once for each.
#[derive(Debug, Default)]
pub struct OutcomeCounters {
    stored: AtomicU64,
    duplicates: AtomicU64,
    dropped_reads: AtomicU64,
    dead_letters: AtomicU64,
}

/// A snapshot of [`OutcomeCounters`]. Every acknowledged message is counted in exactly one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Rows written.
    pub stored: u64,
    /// Messages whose event was already stored, with the same content.
    pub duplicates: u64,
    /// Messages that only report a read, and were dropped.
    pub dropped_reads: u64,
    /// Messages that can't be stored, now on the dead-letter queue.
    pub dead_letters: u64,
}

impl OutcomeCounters {
    pub(crate) fn add(&self, more: OutcomeCounts) {
        self.stored.fetch_add(more.stored, Relaxed);
        self.duplicates.fetch_add(more.duplicates, Relaxed);
        self.dropped_reads.fetch_add(more.dropped_reads, Relaxed);
        self.dead_letters.fetch_add(more.dead_letters, Relaxed);
    }

    /// Returns the current counts.
    #[must_use]
    pub fn now(&self) -> OutcomeCounts {
        OutcomeCounts {
            stored: self.stored.load(Relaxed),
            duplicates: self.duplicates.load(Relaxed),
            dropped_reads: self.dropped_reads.load(Relaxed),
            dead_letters: self.dead_letters.load(Relaxed),
        }
    }
}
