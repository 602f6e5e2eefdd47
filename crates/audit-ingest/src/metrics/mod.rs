//! The metrics of ingest: their names and meaning, and the handles of each domain.

mod domain;
mod outcomes;

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

pub(crate) use domain::DomainMetrics;
pub use outcomes::{OutcomeCounters, OutcomeCounts};

const RECEIVED: &str = "log_service_received_messages_total";
const STORED: &str = "log_service_stored_events_total";
const DUPLICATES: &str = "log_service_duplicates_total";
const DROPPED_READS: &str = "log_service_dropped_reads_total";
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

/// Describes each metric to the installed recorder.
pub fn describe() {
    use Unit::{Count, Seconds};
    describe_counter!(
        RECEIVED,
        Count,
        "Messages taken from the queue, those that came again too; of a batch, its events."
    );
    describe_counter!(STORED, Count, "Events written to the log table.");
    describe_counter!(DUPLICATES, Count, "Messages whose event was stored before, with the same content.");
    describe_counter!(DROPPED_READS, Count, "Messages that only told of reading, and were dropped.");
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
    describe_histogram!(BATCH_ROWS, Count, "Rows that a batch has written, without duplicates.");
    describe_histogram!(WRITE_SECONDS, Seconds, "Time until a batch was committed, waiting included.");
    describe_histogram!(
        DELAY_SECONDS,
        Seconds,
        "Time from an event's own time to the commit of its batch, also if it was stored before."
    );
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
}

pub(crate) fn broker_connected() -> Gauge {
    gauge!(BROKER_CONNECTED)
}

pub(crate) fn broker_reconnects() -> Counter {
    let reconnects = counter!(BROKER_RECONNECTS);
    reconnects.increment(0);
    reconnects
}
