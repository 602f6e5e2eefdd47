//! Metrics, as Prometheus reads them.

use std::{collections::BTreeSet, fs, path::Path};

use chrono::{TimeDelta, Utc};
use serde_json::json;

use super::Site;
use crate::fixture::{Fixture, PAYMENT, eventually, header, payment, payment_with};

/// The value of a series, such as `up{job="x"}`.
pub fn value(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

/// Publishes something of every kind that is counted: two events that are new to the log, one of them again, one of
/// which a field and the action are not known, a read, and what is no event.
pub async fn publish_every_kind(place: &Fixture) {
    let event = payment();
    // A clock in Korea that names no zone, and is read as UTC.
    let ahead = (Utc::now() + TimeDelta::hours(9)).naive_utc().to_string().replace(' ', "T");
    let strange = payment_with(json!({"actionType": "SPLIT", "parts": 3, "occurredAt": ahead}));
    let mut strange = place.message(PAYMENT, strange.to_string());
    let mut headers = strange.properties.headers().clone().unwrap_or_default();
    header(&mut headers, "__TypeId__", "com.tickatch.payment.PaymentLogEvent");
    strange.properties = strange.properties.with_headers(headers);
    place
        .publish(&[
            place.message(PAYMENT, event.to_string()),
            place.message(PAYMENT, event.to_string()),
            strange,
            place.message(PAYMENT, payment_with(json!({"actionType": "VIEW"})).to_string()),
            place.message(PAYMENT, "no JSON"),
        ])
        .await;
}

#[tokio::test]
async fn what_became_of_every_message_is_counted_by_domain() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let site = Site::of(&place);
        publish_every_kind(&place).await;
        let dead = r#"log_service_dead_letters_total{domain="payment",reason="not_json"}"#;
        let held = r#"log_service_held_messages{domain="payment"}"#;
        // Events whose month has no partition yet come after the others.
        eventually("the end of all messages", async || {
            let metrics = site.get("/metrics").body;
            value(&metrics, dead) == Some(1.0) && value(&metrics, held) == Some(0.0)
        })
        .await;
        let metrics = site.get("/metrics").body;
        for (series, expected) in [
            (r#"log_service_received_messages_total{domain="payment"}"#, 5.0),
            (r#"log_service_stored_events_total{domain="payment"}"#, 2.0),
            (r#"log_service_stored_events_total{domain="user"}"#, 0.0),
            (r#"log_service_duplicates_total{domain="payment"}"#, 1.0),
            (r#"log_service_dropped_reads_total{domain="payment"}"#, 1.0),
            (r#"log_service_dead_letters_total{domain="payment",reason="conflict"}"#, 0.0),
            (r#"log_service_unknown_actions_total{domain="payment"}"#, 1.0),
            (r#"log_service_unknown_fields_total{domain="payment",publisher="PaymentLogEvent"}"#, 1.0),
            (r#"log_service_events_ahead_total{domain="payment",publisher="PaymentLogEvent"}"#, 1.0),
            (r#"log_service_held_messages{domain="payment"}"#, 0.0),
            (r#"log_service_oldest_held_seconds{domain="payment"}"#, 0.0),
            (r#"log_service_consuming{domain="payment"}"#, 1.0),
            (r#"log_service_holding_batch{domain="payment"}"#, 0.0),
            (r#"log_service_consumer_restarts_total{domain="payment"}"#, 0.0),
            ("log_service_broker_connected", 1.0),
            ("log_service_broker_reconnects_total", 0.0),
            ("log_service_database_up", 1.0),
            ("log_service_reading_up", 1.0),
        ] {
            assert_eq!(value(&metrics, series), Some(expected), "{series}\n{metrics}");
        }
        // Neither the duplicate nor an event that waits for its partition, and so is in two batches, counts again.
        assert_eq!(value(&metrics, r#"log_service_batch_rows_sum{domain="payment"}"#), Some(2.0));
        let delay = value(&metrics, r#"log_service_recording_delay_seconds_sum{domain="payment"}"#).unwrap();
        // The events are of December 2025.
        assert!(delay > 86_400.0, "{delay}");
        assert!(!metrics.contains("SPLIT") && !metrics.contains("parts"), "{metrics}");
        let told = site.service.log();
        let told: Vec<_> = told.iter().filter(|line| line["without_zone"] == 1).collect();
        assert!(
            told.len() == 1 && told[0]["publisher"] == "PaymentLogEvent" && told[0]["minutes"] == 539,
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn messages_that_wait_are_counted_in_both_queues() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    publish_every_kind(&place).await;
    let waiting = r#"log_service_dead_letter_queue_messages{domain="payment"}"#;
    eventually("the queues to be counted", async || value(&site.get("/metrics").body, waiting) == Some(1.0))
        .await;
    let metrics = site.get("/metrics").body;
    assert_eq!(value(&metrics, r#"log_service_queue_messages{domain="payment"}"#), Some(0.0));
    assert_eq!(value(&metrics, r#"log_service_dead_letter_queue_messages{domain="user"}"#), Some(0.0));
}

#[tokio::test]
async fn partitions_are_made_for_this_month_and_two_more() {
    let metrics = Site::of(&Fixture::postgresql()).get("/metrics").body;
    let until = value(&metrics, "log_service_partitions_until_timestamp_seconds").unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (until - now.as_secs_f64()) / 86_400.0;
    assert!((58.0..=93.0).contains(&days), "{days} days");
    let sqlite = Site::alone(&[]).get("/metrics").body;
    assert_eq!(value(&sqlite, "log_service_partitions_until_timestamp_seconds"), None);
}

#[tokio::test]
async fn the_manual_lists_every_metric_and_no_other() {
    let place = Fixture::postgresql();
    let site = Site::of(&place);
    publish_every_kind(&place).await;
    eventually("all metrics", async || site.get("/metrics").body.contains("unknown_fields")).await;
    let shown = site.get("/metrics").body;
    let shown: BTreeSet<_> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations/monitor.md");
    let manual = fs::read_to_string(manual).unwrap();
    let section = manual.split("\n## Metrics\n").nth(1).unwrap().split("\n#").next().unwrap();
    let listed: BTreeSet<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(listed, shown);
}

#[tokio::test]
async fn every_metric_is_explained() {
    let metrics = Site::alone(&[]).get("/metrics").body;
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(metrics.contains(&format!("# HELP {name} ")), "{name}");
    }
}
