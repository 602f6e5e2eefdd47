use std::time::Duration;

use audit_core::{Domain, dead_letter::DeadLetterReason, store::Row};
use chrono::Utc;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::{
    BATCH_ROWS, CONSUMER_RESTARTS, CONSUMING, DEAD_LETTER_QUEUE_MESSAGES, DEAD_LETTERS, DELAY_SECONDS,
    DROPPED_READS, DUPLICATES, EVENTS_AHEAD, HELD_MESSAGES, HOLDING, MISDECLARED, OLDEST_HELD,
    QUEUE_MESSAGES, RECEIVED, STORED, UNKNOWN_ACTIONS, UNKNOWN_FIELDS, WRITE_SECONDS,
    outcomes::OutcomeCounts,
};
use crate::publishers::{FutureEvents, UnknownContent};

/// One domain's metrics. Handles are created once and batches are counts as a whole, so no message pays for a lookup.
#[derive(Debug)]
pub(crate) struct DomainMetrics {
    domain: Domain,
    pub(crate) received: Counter,
    stored: Counter,
    duplicates: Counter,
    dropped_reads: Counter,
    unknown_actions: Counter,
    batch_rows: Histogram,
    write_seconds: Histogram,
    delay_seconds: Histogram,
    pub(crate) queue_messages: Gauge,
    pub(crate) dead_letter_queue_messages: Gauge,
    pub(crate) restarts: Counter,
}

impl DomainMetrics {
    pub(crate) fn new(domain: Domain) -> Self {
        let counter = |name: &'static str| counter!(name, "domain" => domain.name());
        let gauge = |name: &'static str| gauge!(name, "domain" => domain.name());
        let histogram = |name: &'static str| histogram!(name, "domain" => domain.name());
        // From the start, so that the first one counts as an increase.
        for reason in DeadLetterReason::ALL {
            counter!(DEAD_LETTERS, "domain" => domain.name(), "reason" => reason.code()).increment(0);
        }
        Self {
            domain,
            received: counter(RECEIVED),
            stored: counter(STORED),
            duplicates: counter(DUPLICATES),
            dropped_reads: counter(DROPPED_READS),
            unknown_actions: counter(UNKNOWN_ACTIONS),
            batch_rows: histogram(BATCH_ROWS),
            write_seconds: histogram(WRITE_SECONDS),
            delay_seconds: histogram(DELAY_SECONDS),
            queue_messages: gauge(QUEUE_MESSAGES),
            dead_letter_queue_messages: gauge(DEAD_LETTER_QUEUE_MESSAGES),
            restarts: counter(CONSUMER_RESTARTS),
        }
    }

    pub(crate) fn consuming(&self) -> Gauge {
        gauge!(CONSUMING, "domain" => self.domain.name())
    }

    pub(crate) fn holding(&self) -> Gauge {
        gauge!(HOLDING, "domain" => self.domain.name())
    }

    pub(crate) fn misdeclared(&self) -> Gauge {
        gauge!(MISDECLARED, "domain" => self.domain.name())
    }

    pub(crate) fn held_messages(&self) -> Gauge {
        gauge!(HELD_MESSAGES, "domain" => self.domain.name())
    }

    pub(crate) fn oldest_held(&self) -> Gauge {
        gauge!(OLDEST_HELD, "domain" => self.domain.name())
    }

    /// A batch was committed, and `stored` of its rows were new. `took` includes waiting for the database.
    pub(crate) fn committed(&self, rows: &[Row], stored: u64, took: Duration) {
        let now = Utc::now();
        self.batch_rows.record(u32::try_from(stored).unwrap_or(u32::MAX));
        self.write_seconds.record(took);
        for row in rows {
            // A publisher's clock may be ahead.
            self.delay_seconds.record((now - row.occurred_at).to_std().unwrap_or_default());
        }
    }

    /// A batch was acknowledged.
    pub(crate) fn settled(&self, counts: OutcomeCounts, reasons: &[DeadLetterReason]) {
        self.stored.increment(counts.stored);
        self.duplicates.increment(counts.duplicates);
        self.dropped_reads.increment(counts.dropped_reads);
        for reason in reasons {
            counter!(DEAD_LETTERS, "domain" => self.domain.name(), "reason" => reason.code()).increment(1);
        }
    }

    /// Records unusual content of a batch.
    pub(crate) fn noticed(&self, unknown: &UnknownContent, future: &FutureEvents) {
        self.unknown_actions.increment(unknown.actions);
        for (publisher, &fields) in &unknown.fields {
            counter!(UNKNOWN_FIELDS, &self.of_publisher(publisher)).increment(fields);
        }
        for (publisher, events) in future.counts() {
            counter!(EVENTS_AHEAD, &self.of_publisher(publisher)).increment(events);
        }
    }

    fn of_publisher(&self, publisher: &str) -> [(&'static str, String); 2] {
        [("domain", self.domain.name().to_owned()), ("publisher", publisher.to_owned())]
    }
}
