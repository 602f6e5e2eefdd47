//! CloudEvents, in headers and as one document, beside plain messages.

use std::{fs, path::Path};

use audit_core::publish::Message;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::{Map, Value, json};

use crate::{
    fixture::{Fixture, PAYMENT, header_of, payment},
    promises::{check, given},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A payment's event in two parts: what the CloudEvent says of it, and its data.
fn parts() -> (Value, Value) {
    let mut data = payment();
    let fields = data.as_object_mut().unwrap();
    let mut taken = |field: &str| fields.remove(field).unwrap();
    let attributes = json!({
        "specversion": "1.0",
        "id": taken("eventId"),
        "time": taken("occurredAt"),
        "subject": taken("paymentId"),
        "source": "/payments",
        "type": "com.tickatch.payment.confirmed",
        "attempt": 2,
        "traceparent": format!("00-{TRACE}-00f067aa0ba902b7-01"),
    });
    (attributes, data)
}

fn binary(place: &Fixture, attributes: &Value, data: &Value) -> Message {
    let mut headers = FieldTable::default();
    for (name, value) in attributes.as_object().unwrap() {
        let value = match value {
            Value::String(text) => AMQPValue::LongString(text.as_str().into()),
            number => AMQPValue::LongLongInt(number.as_i64().unwrap()),
        };
        headers.insert(format!("cloudEvents:{name}").into(), value);
    }
    let mut message = place.message(PAYMENT, data.to_string());
    message.properties = message.properties.with_headers(headers);
    message
}

fn structured(place: &Fixture, attributes: &Value, data: &Value) -> Message {
    let mut event = attributes.clone();
    event["data"] = data.clone();
    of_type(place, "application/cloudevents+json; charset=utf-8", event.to_string())
}

fn of_type(place: &Fixture, content_type: &str, body: impl Into<Vec<u8>>) -> Message {
    let mut message = place.message(PAYMENT, body);
    message.properties = message.properties.with_content_type(content_type.into());
    message
}

#[tokio::test]
async fn an_event_is_stored_in_either_mode_as_the_plain_one_is() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let [one, other] = [parts(), parts()];
        let messages = [
            place.message(PAYMENT, payment().to_string()),
            binary(&place, &one.0, &one.1),
            structured(&place, &other.0, &other.1),
        ];
        place.publish(&messages).await;
        place.wait_for_rows("p_payment_log", 3).await;

        let mut rows = place.payments().await;
        let kept = json!({"cloudEvent": {
            "source": "/payments", "type": "com.tickatch.payment.confirmed", "attempt": 2,
        }});
        for (row, attributes) in rows[1..].iter().zip([&one.0, &other.0]) {
            assert_eq!(row.id.to_string(), attributes["id"]);
            assert_eq!((row.trace_id.as_deref(), row.extra.as_ref()), (Some(TRACE), Some(&kept)));
        }
        // All other columns.
        let plain = rows.remove(0);
        for row in &mut rows {
            (row.id, row.seq, row.recorded_at) = (plain.id, plain.seq, plain.recorded_at);
            (row.trace_id, row.extra) = (None, None);
            assert_eq!(*row, plain);
        }
    }
}

#[tokio::test]
async fn what_the_data_says_counts_and_the_rest_is_kept() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let (attributes, _) = parts();
        let mut data = payment();
        data["note"] = json!("x");
        place.publish(&[structured(&place, &attributes, &data)]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        let row = place.payments().await.remove(0);
        assert_eq!(row.id.to_string(), data["eventId"]);
        assert_eq!(row.resource_id.as_deref(), data["paymentId"].as_str());
        // The same time and subject; another id.
        let kept = json!({"id": attributes["id"], "source": "/payments", "attempt": 2,
            "type": "com.tickatch.payment.confirmed"});
        assert_eq!(row.extra, Some(json!({"note": "x", "cloudEvent": kept})));
    }
}

/// The lines of `docs/publishing/cloudevents.md` that can be published.
fn lines_of_the_manual() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/publishing/cloudevents.md");
    let page = fs::read_to_string(path).unwrap();
    page.split_inclusive('\n').filter(|line| line.starts_with("{\"routing_key\"")).collect()
}

#[tokio::test]
async fn one_event_in_both_modes_is_stored_once() {
    let lines = lines_of_the_manual();
    assert_eq!(lines.lines().count(), 2);
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let published = given(place.command(&["publish", "-"]), &lines);
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
        place.publish_payments(&[payment()]).await;
        place.wait_for_rows("p_payment_log", 2).await;
        let stopped = service.stop();
        assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "duplicates")), (2, 1));
        assert_eq!(stopped.counted("payment", "dead_letters"), 0);
    }
}

#[test]
fn nothing_of_a_cloud_event_is_unknown_to_the_check() {
    let (status, said, _) = check(&["--strict"], &lines_of_the_manual());
    assert_eq!(status, Some(0), "{said:?}");
    assert!(said.iter().all(|line| line.contains(": stored in p_payment_log, event 636320f4")), "{said:?}");
}

#[tokio::test]
async fn the_same_event_from_elsewhere_is_a_conflict() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let (attributes, data) = parts();
        let mut elsewhere = attributes.clone();
        elsewhere["source"] = json!("/elsewhere");
        let conflicting = structured(&place, &elsewhere, &data);
        place.publish(&[binary(&place, &attributes, &data)]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        place.publish(std::slice::from_ref(&conflicting)).await;
        let letter = place.dead_letters(PAYMENT, 1).await.remove(0);
        assert_eq!(header_of(&letter, "x-audit-reason").as_deref(), Some("conflict"));
        assert_eq!(letter.data, conflicting.body);
    }
}

/// Attributes with some of them changed; `null` takes one away.
fn with(changes: Value) -> Value {
    let (mut attributes, _) = parts();
    let Value::Object(changes) = changes else { panic!("not an object") };
    for (name, value) in changes {
        attributes[name] = value;
    }
    let present: Map<_, _> =
        attributes.as_object().unwrap().clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
    present.into()
}

/// Each with its reason and the field to blame.
fn malformed(place: &Fixture) -> Vec<(Message, &'static str, Option<&'static str>)> {
    let (attributes, data) = parts();
    let both = |changes: Value| {
        let attributes = with(changes);
        [binary(place, &attributes, &data), structured(place, &attributes, &data)]
    };
    let mut cases = Vec::new();
    for (changes, reason, field) in [
        (json!({"specversion": "0.3"}), "invalid_field", "cloudEvents:specversion"),
        (json!({"id": "1234"}), "invalid_field", "cloudEvents:id"),
        (json!({"id": null}), "missing_field", "eventId"),
        (json!({"time": "yesterday"}), "invalid_field", "cloudEvents:time"),
        (json!({"time": "9999-01-01T00:00:00Z"}), "invalid_field", "cloudEvents:time"),
        (json!({"subject": "x".repeat(256)}), "invalid_field", "cloudEvents:subject"),
        (json!({"note": "a\u{0}b"}), "invalid_field", "cloudEvents:note"),
    ] {
        cases.extend(both(changes).map(|message| (message, reason, Some(field))));
    }
    let json = "application/cloudevents+json";
    let whole = structured(place, &attributes, &data).body;
    let batch = [b"[", &whole[..], b"]"].concat();
    cases.extend([
        (of_type(place, "application/cloudevents-batch+json", batch.clone()), "unknown_format", None),
        (of_type(place, "application/cloudevents+avro", "x"), "unknown_format", None),
        (of_type(place, json, batch), "not_an_object", None),
        (of_type(place, json, &whole[..whole.len() - 1]), "not_json", None),
        (of_type(place, json, attributes.to_string()), "missing_field", Some("data")),
        (structured(place, &attributes, &json!([1])), "invalid_field", Some("data")),
        (
            structured(place, &with(json!({"specversion": null})), &data),
            "missing_field",
            Some("cloudEvents:specversion"),
        ),
        (
            structured(place, &with(json!({"data_base64": "e30="})), &data),
            "invalid_field",
            Some("data_base64"),
        ),
    ]);
    cases
}

#[tokio::test]
async fn what_cannot_be_stored_is_kept_as_it_came_with_its_attribute_named() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let cases = malformed(&place);
        let messages: Vec<_> = cases.iter().map(|(message, ..)| message.clone()).collect();
        place.publish(&messages).await;
        // One queue, one batch after the other: they come in the order in which they were published.
        let letters = place.dead_letters(PAYMENT, cases.len()).await;
        for ((message, reason, field), letter) in cases.iter().zip(&letters) {
            let shown = String::from_utf8_lossy(&message.body).into_owned();
            assert_eq!(letter.data, message.body);
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some(*reason), "{shown}");
            assert_eq!(header_of(letter, "x-audit-field").as_deref(), *field, "{shown}");
            let content_type = |properties: &lapin::BasicProperties| {
                properties.content_type().as_ref().map(ShortString::to_string)
            };
            assert_eq!(content_type(&letter.properties), content_type(&message.properties));
            let kept = letter.properties.headers().as_ref().unwrap().inner();
            for (name, value) in message.properties.headers().iter().flat_map(FieldTable::inner) {
                assert_eq!(kept.get(name), Some(value));
            }
        }
    }
}
