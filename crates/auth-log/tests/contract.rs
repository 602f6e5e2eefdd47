//! The samples of the contract, as the event and as the row of the log.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use std::fmt::Write;

use audit_core::store::{DomainLog, common_column_differences};
use auth_log::{AuthEvent, AuthLog, actions, entity};
use chrono_tz::UTC;
use serde_json::Value;

fn sample_bodies() -> impl Iterator<Item = Value> {
    let samples = include_str!("../samples.ndjson").lines();
    samples.map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].take())
}

#[test]
fn an_event_is_written_as_its_sample() {
    for body in sample_bodies() {
        let event: AuthEvent = serde_json::from_value(body.clone()).unwrap();
        assert_eq!(serde_json::to_value(&event).unwrap(), body);
    }
}

#[test]
fn the_action_of_every_sample_is_known() {
    for body in sample_bodies() {
        let action = body["actionType"].as_str().unwrap();
        assert!(actions::ALL.iter().any(|known| known.as_str() == action), "{action}");
    }
}

#[test]
fn a_row_holds_every_field_of_its_sample() {
    let log = DomainLog::of::<AuthLog>();
    let mut rows = String::new();
    for body in sample_bodies() {
        let row = log.decode(body.to_string().as_bytes(), UTC, None).unwrap();
        for (column, value) in log.table().columns.iter().zip(&row.values) {
            writeln!(rows, "{column} = {value}").unwrap();
        }
        rows.push('\n');
    }
    insta::assert_snapshot!(rows);
}

#[test]
fn the_table_has_the_common_columns() {
    assert_eq!(common_column_differences::<entity::Entity>(), [] as [String; 0]);
}
