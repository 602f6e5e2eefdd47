//! What ingest tells of itself as metrics: their names, and one domain's handles.
//!
//! Handles are made once for each domain, and a batch is counted as a whole: no message pays for a look-up.

use std::time::Duration;

use audit_core::{
    Domain,
    store::{Malformed, Row},
};
use chrono::Utc;
use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::{Counted, ahead::Ahead, unknown::Unknown};

const RECEIVED: &str = "log_service_received_messages_total";
const STORED: &str = "log_service_stored_events_total";
const DUPLICATES: &str = "log_service_duplicates_total";
const READS: &str = "log_service_dropped_reads_total";
const DEAD_LETTERS: &str = "log_service_dead_letters_total";
const UNKNOWN_ACTIONS: &str = "log_service_unknown_actions_total";
const UNKNOWN_FIELDS: &str = "log_service_unknown_fields_total";
const EVENTS_AHEAD: &str = "log_service_events_ahead_total";
const BATCH_ROWS: &str = "log_service_batch_rows";
const WRITE_SECONDS: &str = "log_service_batch_write_seconds";
const DELAY_SECONDS: &str = "log_service_recording_delay_seconds";
const HELD_MESSAGES: &str = "log_service_held_messages";
const OLDEST_HELD: &str = "log_service_oldest_held_seconds";
const QUEUE_MESSAGES: &str = "log_service_queue_messages";
const DEAD_LETTER_QUEUE_MESSAGES: &str = "log_service_dead_letter_queue_messages";
const CONSUMER_RESTARTS: &str = "log_service_consumer_restarts_total";
const BROKER_RECONNECTS: &str = "log_service_broker_reconnects_total";
const CONSUMING: &str = "log_service_consuming";
const MISDECLARED: &str = "log_service_queues_misdeclared";
const HOLDING: &str = "log_service_holding_batch";
const BROKER_CONNECTED: &str = "log_service_broker_connected";
const PARTITIONS_UNTIL: &str = "log_service_partitions_until_timestamp_seconds";

/// The histograms and the upper bounds of their buckets.
pub const BUCKETS: [(&str, &[f64]); 3] = [
    (BATCH_ROWS, &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]),
    (
        WRITE_SECONDS,
        &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0],
    ),
    (
        DELAY_SECONDS,
        &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0],
    ),
];

/// Says what each metric means, to the recorder that was set up before.
pub fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!(
        RECEIVED,
        Count,
        "Messages taken from the queue, those that came again too; of a batch, its events."
    );
    describe_counter!(STORED, Count, "Events written to the log table.");
    describe_counter!(DUPLICATES, Count, "Messages whose event was stored before, with the same content.");
    describe_counter!(READS, Count, "Messages that only told of reading, and were dropped.");
    describe_counter!(DEAD_LETTERS, Count, "Messages that can't be stored, now on the dead-letter queue.");
    describe_counter!(UNKNOWN_ACTIONS, Count, "Events whose action is not in the domain's list.");
    describe_counter!(
        UNKNOWN_FIELDS,
        Count,
        "Fields of bodies that no column holds; they are kept in `extra`."
    );
    describe_counter!(
        EVENTS_AHEAD,
        Count,
        "Events whose time was more than a minute ahead when they were read."
    );
    describe_histogram!(BATCH_ROWS, Count, "Rows of a batch.");
    describe_histogram!(WRITE_SECONDS, Seconds, "Time until a batch was committed, waiting included.");
    describe_histogram!(DELAY_SECONDS, Seconds, "Time from an event's own time to its commit.");
    describe_gauge!(HELD_MESSAGES, Count, "Messages taken from the queue and not yet acknowledged.");
    describe_gauge!(
        OLDEST_HELD,
        Seconds,
        "For how long the oldest message has been held that is not acknowledged; 0: none is."
    );
    describe_gauge!(QUEUE_MESSAGES, Count, "Messages that wait in the domain's queue; NaN if not known.");
    describe_gauge!(
        DEAD_LETTER_QUEUE_MESSAGES,
        Count,
        "Messages in the domain's dead-letter queue; NaN if not known."
    );
    describe_counter!(
        CONSUMER_RESTARTS,
        Count,
        "Consumers that ended by themselves while the connection stood."
    );
    describe_counter!(BROKER_RECONNECTS, Count, "Connections to the broker that were made anew.");
    describe_gauge!(CONSUMING, Count, "Whether the domain's queue is being consumed.");
    describe_gauge!(HOLDING, Count, "Whether a batch is held because something does not take it.");
    describe_gauge!(
        MISDECLARED,
        Count,
        "Whether messages get lost in the domain's queues, as others declared them."
    );
    describe_gauge!(BROKER_CONNECTED, Count, "Whether there is a connection to the broker.");
    describe_gauge!(
        PARTITIONS_UNTIL,
        Seconds,
        "Until when partitions were made ahead, as seconds since 1970; PostgreSQL only."
    );
}

pub(crate) fn broker_connected() -> Gauge {
    gauge!(BROKER_CONNECTED)
}

pub(crate) fn broker_reconnects() -> Counter {
    let reconnects = counter!(BROKER_RECONNECTS);
    reconnects.increment(0);
    reconnects
}

#[cfg(feature = "postgres")]
pub(crate) fn partitions_until() -> Gauge {
    gauge!(PARTITIONS_UNTIL)
}

/// One domain's metrics.
#[derive(Debug)]
pub(crate) struct DomainMetrics {
    domain: Domain,
    pub(crate) received: Counter,
    stored: Counter,
    duplicates: Counter,
    reads: Counter,
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
        for reason in Malformed::REASONS.into_iter().chain(["conflict", "refused_by_database"]) {
            counter!(DEAD_LETTERS, "domain" => domain.name(), "reason" => reason).increment(0);
        }
        Self {
            domain,
            received: counter(RECEIVED),
            stored: counter(STORED),
            duplicates: counter(DUPLICATES),
            reads: counter(READS),
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

    /// Rows were committed, after so long.
    pub(crate) fn wrote(&self, rows: &[Row], took: Duration) {
        let now = Utc::now();
        self.batch_rows.record(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        self.write_seconds.record(took);
        for row in rows {
            // A publisher's clock may be ahead.
            self.delay_seconds.record((now - row.occurred_at).to_std().unwrap_or_default());
        }
    }

    /// What became of a batch that is acknowledged.
    pub(crate) fn count(&self, counted: Counted, reasons: &[&'static str], unknown: &Unknown, ahead: &Ahead) {
        self.stored.increment(counted.stored);
        self.duplicates.increment(counted.duplicates);
        self.reads.increment(counted.reads);
        for &reason in reasons {
            counter!(DEAD_LETTERS, "domain" => self.domain.name(), "reason" => reason).increment(1);
        }
        self.unknown_actions.increment(unknown.actions);
        for (publisher, &fields) in &unknown.fields {
            counter!(UNKNOWN_FIELDS, &self.of_publisher(publisher)).increment(fields);
        }
        for (publisher, of) in ahead.by_publisher() {
            counter!(EVENTS_AHEAD, &self.of_publisher(publisher)).increment(of.events);
        }
    }

    fn of_publisher(&self, publisher: &str) -> [(&'static str, String); 2] {
        [("domain", self.domain.name().to_owned()), ("publisher", publisher.to_owned())]
    }
}
