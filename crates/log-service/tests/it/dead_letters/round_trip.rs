//! A dead letter that is exported, mended and published is the message that it was.

use lapin::{
    BasicProperties,
    types::{AMQPValue, DecimalValue, FieldTable},
};
use serde_json::{Value, json};

use super::{
    answer,
    rejected::{AUTH, failed_login, reject},
    said, wait_for,
};
use crate::{
    fixture::{Fixture, PAYMENT, header, payment, payment_with},
    promises::given,
};

/// One of each type, and one within the other as deeply as messages are read.
fn headers() -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("void", AMQPValue::Void),
        ("boolean", AMQPValue::Boolean(true)),
        ("int8", AMQPValue::ShortShortInt(-8)),
        ("int16", AMQPValue::ShortInt(-16)),
        ("int32", AMQPValue::LongInt(-32)),
        ("int64", AMQPValue::LongLongInt(i64::MAX)),
        ("uint8", AMQPValue::ShortShortUInt(200)),
        ("uint16", AMQPValue::ShortUInt(60_000)),
        ("uint32", AMQPValue::LongUInt(4_000_000_000)),
        ("float", AMQPValue::Float(0.1)),
        ("double", AMQPValue::Double(0.1)),
        ("decimal", AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 314 })),
        ("timestamp", AMQPValue::Timestamp(1_765_018_829)),
        ("text", AMQPValue::LongString("좌석 \u{1b}".into())),
        ("no text", AMQPValue::LongString(vec![0xff, 0].into())),
        ("bytes", AMQPValue::ByteArray(b"text".to_vec().into())),
        ("nested", nested(32)),
    ] {
        headers.insert(name.into(), value);
    }
    headers
}

fn nested(levels: u32) -> AMQPValue {
    (0..levels).fold(AMQPValue::LongInt(1), |inner, level| match level % 3 {
        0 => AMQPValue::FieldArray(vec![AMQPValue::Timestamp(7), inner].into()),
        like_a_type => {
            let mut table = FieldTable::default();
            table.insert(if like_a_type == 1 { "$int32" } else { "a" }.into(), inner);
            AMQPValue::FieldTable(table)
        }
    })
}

/// All that can be restored.
fn every_property() -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/vnd.tickatch+json".into())
        .with_content_encoding("US-ASCII".into())
        .with_delivery_mode(2)
        .with_priority(5)
        .with_correlation_id("correlation".into())
        .with_reply_to("answers".into())
        .with_message_id("message".into())
        .with_timestamp(1_765_018_829)
        .with_type("payment.log".into())
        .with_app_id("payment-service".into())
        .with_cluster_id("cluster".into())
        .with_headers(headers())
}

async fn exported(place: &Fixture, properties: BasicProperties, body: &Value) -> String {
    let mut message = place.message(PAYMENT, body.to_string());
    message.properties = properties;
    let service = place.serve();
    place.publish(&[message]).await;
    wait_for(place, PAYMENT, 1).await;
    service.stop().expect_success();
    answer(place, &["export"])
}

async fn published(place: &Fixture, line: &str) -> lapin::message::Delivery {
    let output = given(place.command(&["publish", "-"]), line);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place.take(&place.topology.queue(PAYMENT)).await
}

#[tokio::test]
async fn every_property_and_every_type_of_header_comes_back() {
    let place = Fixture::sqlite();
    let body = payment_with(json!({"occurredAt": "yesterday"}));
    let given = every_property().with_user_id("guest".into()).with_expiration("600000".into());
    let line = exported(&place, given, &body).await;
    let back = published(&place, &line).await;
    assert_eq!(back.properties, every_property());
    assert_eq!(back.data, body.to_string().into_bytes());

    // These would have the broker refuse it, or lose it: they are only told.
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&line["dead_letter"]["user_id"], &line["dead_letter"]["expiration"]),
        (&json!("guest"), &json!("600000"))
    );
    // What people read is as plain as it was.
    let headers = &line["properties"]["headers"];
    assert_eq!((&headers["text"], &headers["int64"]), (&json!("좌석 \u{1b}"), &json!(i64::MAX)));
}

#[tokio::test]
async fn what_was_not_there_does_not_come_back() {
    let place = Fixture::sqlite();
    let mut body = payment();
    body["occurredAt"] = json!("yesterday");
    let nothing = BasicProperties::default();
    let line = exported(&place, nothing.clone(), &body).await;
    // A dead letter is persistent, whatever it was before.
    assert_eq!(published(&place, &line).await.properties, nothing.with_delivery_mode(2));
}

#[tokio::test]
async fn a_mended_line_is_stored_with_its_headers() {
    let place = Fixture::postgresql();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut with_trace = headers();
    header(&mut with_trace, "traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"));
    let body = payment_with(json!({"occurredAt": "yesterday"}));
    let line = exported(&place, every_property().with_headers(with_trace), &body).await;
    let mended = line.replace("yesterday", "2025-12-06T11:00:29Z");
    let _service = place.serve();
    assert!(given(place.command(&["publish", "-"]), &mended).status.success());
    place.wait_for_rows("p_payment_log", 1).await;
    assert_eq!(place.payments().await[0].trace_id.as_deref(), Some(trace));
    said(&place, &["discard", "--all", "--yes", "--to", "discarded.ndjson"]);
    wait_for(&place, PAYMENT, 0).await;
}

#[tokio::test]
async fn what_the_broker_says_of_a_rejected_message_keeps_its_types() {
    let place = Fixture::sqlite();
    place.prepare();
    reject(&place, AUTH, &[failed_login()]).await;
    let id = super::list(&place)["items"][0]["id"].clone();
    let shown = answer(&place, &["show", id.as_str().unwrap()]);
    assert!(shown.contains("\"time\":{\"$timestamp\":"), "{shown}");
}

#[test]
fn a_header_that_is_no_value_is_named() {
    let line =
        json!({"routing_key": "payment.log", "properties": {"headers": {"a": {"$int": 1}}}, "body": {}});
    let (_, said, _) = crate::promises::check(&[], &format!("{line}\n"));
    assert!(said[0].contains("no message: the header `a`: there is no type `$int`"), "{said:?}");
}
