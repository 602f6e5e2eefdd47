#![doc = include_str!("../README.md")]
#![expect(clippy::unwrap_used, reason = "test code: what goes wrong fails the test")]

use std::fmt::Write;

use audit_core::{
    AuditEvent,
    contract::Described,
    store::{AuditLog, DomainLog},
};
use chrono_tz::UTC;
use serde_json::Value;

/// Reads each sample as an event, and compares what the event is written as with the sample.
pub fn events_are_written_as_their_samples<L: AuditLog<Event: Described>>() {
    for body in sample_bodies::<L>() {
        let event: L::Event = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), body);
    }
}

/// Checks that the action of each sample is a known one.
pub fn actions_of_samples_are_known<L: AuditLog<Event: Described>>() {
    for body in sample_bodies::<L>() {
        let action = body["actionType"].as_str().unwrap();
        assert!(L::Event::ACTIONS.iter().any(|known| known.as_str() == action), "{action}");
    }
}

/// The row of each sample for a snapshot, one line a column.
///
/// A domain whose mapping leaves out a column fails here, and so does one that [`DomainLog::of`] refuses.
#[must_use]
pub fn rows_of_samples<L: AuditLog<Event: Described>>() -> String {
    let log = DomainLog::of::<L>();
    let mut rows = String::new();
    for body in sample_bodies::<L>() {
        let row = log.decode(body.to_string().as_bytes(), UTC, None).unwrap();
        for (column, value) in log.table().columns.iter().zip(&row.values) {
            writeln!(rows, "{column} = {value}").unwrap();
        }
        rows.push('\n');
    }
    rows
}

fn sample_bodies<L: AuditLog<Event: Described>>() -> impl Iterator<Item = Value> {
    let samples = L::Event::SAMPLES.lines();
    samples.map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].take())
}
