//! Everything that the services send is stored, each column right, on both databases.

use audit_core::WireTime;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, PAYMENT, eventually, header, payment, payment_with, rows},
    reading::{objects, read},
    samples,
};

#[tokio::test]
async fn every_sample_is_stored_on_sqlite() {
    every_sample_is_stored(Fixture::sqlite()).await;
}

#[tokio::test]
async fn every_sample_is_stored_on_postgresql() {
    every_sample_is_stored(Fixture::postgresql()).await;
}

async fn every_sample_is_stored(place: Fixture) {
    let service = place.serve();
    let domains = samples::domains();
    let exchange = place.topology.exchange();
    let mut command = place.command(&["publish", "--exchange", &exchange]);
    let published = command.args(domains.iter().map(|domain| samples::file(domain))).output().unwrap();
    assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));

    for domain in domains {
        let bodies = samples::bodies(&domain);
        let mut stored = Vec::new();
        eventually(&format!("{} rows of {domain}", bodies.len()), async || {
            let export = ["export", "--format", "ndjson", "--from", "1901-01-01", "--domain", &domain];
            stored = objects(&read(&place, &export));
            stored.len() >= bodies.len()
        })
        .await;
        assert_eq!(stored.len(), bodies.len());
        for body in bodies {
            let entry = stored.iter().find(|entry| entry["id"] == body["eventId"]).unwrap();
            holds_all_of(entry, body);
        }
    }
    service.stop().expect_success();
}

/// Looks for each field of a body in what was stored: in a common column, in an own one of its name, or, if it is
/// the one that is left, as the resource.
fn holds_all_of(entry: &Value, mut body: Value) {
    assert_eq!(entry["action_type"], body["actionType"]);
    assert_eq!(entry["actor_type"], body["actorType"]);
    assert_eq!(entry["actor_id"], body["actorUserId"]);
    let sent: WireTime = serde_json::from_value(body["occurredAt"].take()).unwrap();
    let stored: DateTime<Utc> = serde_json::from_value(entry["occurred_at"].clone()).unwrap();
    assert_eq!(stored, sent.in_zone(&Utc));

    let fields = body.as_object_mut().unwrap();
    for common in ["eventId", "actionType", "actorType", "actorUserId", "occurredAt"] {
        fields.remove(common);
    }
    for (column, value) in entry["details"].as_object().unwrap() {
        match fields.remove(&in_camel_case(column)) {
            Some(sent) => assert_eq!(*value, sent, "{column}"),
            None => assert!(value.is_null() || *value == 0, "{column}: {value}"),
        }
    }
    let resource: Vec<_> =
        fields.values().map(|id| id.as_str().map_or(id.to_string(), str::to_owned)).collect();
    assert_eq!(entry["resource_id"].as_str(), resource.first().map(String::as_str));
    assert!(resource.len() <= 1 && entry["extra"].is_null(), "{entry}");
}

fn in_camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

#[tokio::test]
async fn absent_and_null_fields_are_stored_as_null() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let absent = payment_with(json!({"paymentId": null, "method": null, "retryCount": null}));
        let mut explicit = payment();
        for field in ["paymentId", "method", "retryCount", "actorUserId"] {
            explicit[field] = Value::Null;
        }
        place.publish_payments(&[absent, explicit]).await;
        place.wait_for_rows("p_payment_log", 2).await;
        for row in place.payments().await {
            assert_eq!((row.resource_id, row.method, row.actor_id, row.extra), (None, None, None, None));
            assert_eq!(row.retry_count, 0);
        }
        drop(service);
    }
}

#[tokio::test]
async fn times_of_every_form_are_stored_in_utc_and_microseconds() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service =
            place.serve_with(&[("LOG_SERVICE__INGEST__NAIVE_TIME_ZONES", "{payment = \"Asia/Seoul\"}")]);
        let forms = [
            (json!("2025-12-06T20:00:29.123456789"), "2025-12-06T11:00:29.123456Z"),
            (json!("2025-12-06T20:00:29"), "2025-12-06T11:00:29Z"),
            (json!([2025, 12, 6, 20, 0, 29, 100_000_000]), "2025-12-06T11:00:29.100Z"),
            (json!([2025, 12, 6, 20, 0]), "2025-12-06T11:00:00Z"),
            (json!("2025-12-06T11:00:29.100Z"), "2025-12-06T11:00:29.100Z"),
            (json!("2025-12-06T13:00:29+02:00"), "2025-12-06T11:00:29Z"),
            (json!("1999-12-31T23:59:59Z"), "1999-12-31T23:59:59Z"),
            (json!("2020-01-01T00:00:00Z"), "2020-01-01T00:00:00Z"),
        ];
        for (number, (form, _)) in forms.iter().enumerate() {
            // One after the other: the order of storing is then that of the list.
            place.publish_payments(&[payment_with(json!({"occurredAt": form}))]).await;
            place.wait_for_rows("p_payment_log", i64::try_from(number).unwrap() + 1).await;
        }
        for (row, (form, utc)) in place.payments().await.iter().zip(&forms) {
            assert_eq!(row.occurred_at, utc.parse::<DateTime<Utc>>().unwrap(), "{form}");
            assert!((Utc::now() - row.recorded_at).abs() < TimeDelta::minutes(2), "{}", row.recorded_at);
        }
        drop(service);
    }
}

#[tokio::test]
async fn unknown_fields_are_kept() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let body = payment_with(json!({"couponId": 7, "지점": {"이름": "서울", "tags": [1, null]}}));
        place.publish_payments(&[body]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        let extra = place.payments().await.remove(0).extra;
        assert_eq!(extra, Some(json!({"couponId": 7, "지점": {"이름": "서울", "tags": [1, null]}})));
        drop(service);
    }
}

#[tokio::test]
async fn a_number_in_an_unknown_field_keeps_all_its_digits() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let mut body = payment().to_string();
        body.truncate(body.len() - 1);
        body.push_str(r#","amount":12345678901234567890.1234567890123456789}"#);
        place.publish(&[place.message(PAYMENT, body)]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        let extra = place.payments().await.remove(0).extra.unwrap();
        assert_eq!(extra["amount"].to_string(), "12345678901234567890.1234567890123456789");
        drop(service);
    }
}

#[tokio::test]
async fn unknown_and_korean_actions_are_stored_as_sent() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let body = |action: &str| {
        json!({"eventId": Uuid::now_v7(), "reservationSeatId": 90011, "seatNumber": "1층 A구역 3열 12번",
            "actionType": action, "actorType": "CUSTOMER", "occurredAt": "2025-12-06T11:00:02.8"})
    };
    let seat = audit_core::Domain::new("reservation-seat");
    let messages =
        ["좌석선점", "TELEPORTED", "read"].map(|action| place.message(seat, body(action).to_string()));
    place.publish(&messages).await;
    place.wait_for_rows("p_reservation_seat_log", 3).await;
    let rows = rows::<reservation_seat_log::entity::Entity>(&place.db().await).await;
    let mut actions: Vec<_> = rows.iter().map(|row| row.action_type.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(actions, ["TELEPORTED", "read", "좌석선점"]);
    assert_eq!(rows[0].resource_id.as_deref(), Some("90011"));
}

#[tokio::test]
async fn trace_ids_come_from_any_of_the_three_headers() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [
        ("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")),
        ("b3", format!("{trace}-00f067aa0ba902b7-1")),
        ("X-B3-TraceId", trace.to_owned()),
    ];
    let messages = headers.map(|(name, value)| {
        let mut message = place.message(PAYMENT, payment().to_string());
        let mut table = lapin::types::FieldTable::default();
        header(&mut table, name, &value);
        message.properties = message.properties.with_headers(table);
        message
    });
    place.publish(&messages).await;
    place.wait_for_rows("p_payment_log", 3).await;
    assert!(place.payments().await.iter().all(|row| row.trace_id.as_deref() == Some(trace)));
}

#[tokio::test]
async fn reads_are_acknowledged_and_counted_but_not_stored() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let actions = ["READ", "VIEW", "VIEWED", "GET", "LIST", "SEARCH", "QUERY", "CONFIRM"];
    let bodies = actions.map(|action| payment_with(json!({"actionType": action})));
    place.publish_payments(&bodies).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let stopped = service.stop();
    assert_eq!(stopped.counted("payment", "reads"), 7);
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 0);
}
