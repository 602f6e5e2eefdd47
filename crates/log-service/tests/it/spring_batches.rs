//! Several events in one message, as Spring's `BatchingRabbitTemplate` sends them: each goes its own way.

use audit_core::publish::Message;
use base64::{Engine, engine::general_purpose::STANDARD};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::{Value, json};

use crate::{
    encodings::{encoded, gzip},
    fixture::{Fixture, PAYMENT, eventually, header, header_of, payment, payment_with},
    partitions::hold_up,
    promises::check,
};

/// The bodies with their lengths before them.
pub(crate) fn framed<B: AsRef<[u8]>>(bodies: impl IntoIterator<Item = B>) -> Vec<u8> {
    let with_length = |body: B| {
        let length = u32::try_from(body.as_ref().len()).unwrap().to_be_bytes();
        [&length, body.as_ref()].concat()
    };
    bodies.into_iter().flat_map(with_length).collect()
}

fn texts(bodies: &[Value]) -> impl Iterator<Item = String> {
    bodies.iter().map(Value::to_string)
}

fn in_format(mut message: Message, format: &str) -> Message {
    let mut headers = FieldTable::default();
    header(&mut headers, "springBatchFormat", format);
    header(&mut headers, "__TypeId__", "com.tickatch.PaymentLogEvent");
    headers.insert("amqp_batchSize".into(), AMQPValue::LongInt(3));
    message.properties = message.properties.with_headers(headers);
    message
}

/// A message of several events.
pub(crate) fn batch(place: &Fixture, content_encoding: &str, body: Vec<u8>) -> Message {
    in_format(encoded(place, content_encoding, body), "lengthHeader4")
}

fn three() -> [Value; 3] {
    ["CARD", "체크", "POINT"].map(|method| payment_with(json!({"method": method})))
}

async fn methods(place: &Fixture) -> Vec<String> {
    place.payments().await.into_iter().filter_map(|row| row.method).collect()
}

/// Whether nothing is left in the queue, once nobody consumes it.
pub(crate) async fn nothing_waits(place: &Fixture) -> bool {
    place.waiting(&place.topology.queue(PAYMENT)).await == 0
}

#[tokio::test]
async fn each_event_of_a_batch_is_stored() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let in_korean = |text: String| {
            let (before, after) = text.split_once("체크").unwrap();
            [before.as_bytes(), b"\xC3\xBC\xC5\xA9", after.as_bytes()].concat()
        };
        let korean = payment_with(json!({"method": "체크"})).to_string();
        let messages = [
            batch(&place, "UTF-8", framed(texts(&three()))),
            batch(&place, "gzip:UTF-8", gzip(framed(texts(&three())))),
            batch(&place, "EUC-KR", framed([in_korean(korean)])),
        ];
        place.publish(&messages).await;
        place.wait_for_rows("p_payment_log", 7).await;
        let one = ["CARD", "체크", "POINT"];
        assert_eq!(methods(&place).await, [&one[..], &one[..], &one[1..2]].concat());
        let stopped = service.stop();
        assert_eq!(
            (stopped.counted("payment", "stored"), stopped.counted("payment", "dead_letters")),
            (7, 0)
        );
        assert!(nothing_waits(&place).await);
    }
}

#[tokio::test]
async fn a_bad_event_is_buried_alone() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let [first, mut second, third] = three();
        second["occurredAt"] = json!("yesterday");
        let conflict = payment_with(json!({"eventId": first["eventId"], "occurredAt": first["occurredAt"]}));
        let bodies = [first, second.clone(), conflict.clone(), third];
        place.publish(&[batch(&place, "gzip:UTF-8", gzip(framed(texts(&bodies))))]).await;
        let letters = place.dead_letters(PAYMENT, 2).await;
        for (reason, body) in [("invalid_field", &second), ("conflict", &conflict)] {
            let letter = letters.iter().find(|letter| letter.data == body.to_string().into_bytes()).unwrap();
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some(reason));
            // As a message that has this event alone.
            assert_eq!(letter.properties.content_encoding().as_ref().map(ShortString::as_str), Some("UTF-8"));
            assert_eq!(header_of(letter, "springBatchFormat"), None);
            assert_eq!(header_of(letter, "__TypeId__").as_deref(), Some("com.tickatch.PaymentLogEvent"));
        }
        place.wait_for_rows("p_payment_log", 2).await;
        assert_eq!(methods(&place).await, ["CARD", "POINT"]);
        let stopped = service.stop();
        assert_eq!(
            (stopped.counted("payment", "stored"), stopped.counted("payment", "dead_letters")),
            (2, 2)
        );
        assert!(nothing_waits(&place).await);
    }
}

/// Each with its reason.
fn broken(place: &Fixture) -> Vec<(Message, &'static str)> {
    let good = framed(texts(&three()));
    let negative = [&good[..], &(-1_i32).to_be_bytes()].concat();
    let beyond = [&good[..], &5_u32.to_be_bytes(), b"{}"].concat();
    let utf_8 = |body| batch(place, "UTF-8", body);
    let empty = || std::iter::repeat_n([0_u8; 4], 1_000_000).flatten().collect::<Vec<_>>();
    let long = payment_with(json!({"note": "x".repeat(200_000)})).to_string();
    let mut wide = utf_8(framed(std::iter::repeat_n(payment().to_string(), 100)));
    let mut headers = wide.properties.headers().clone().unwrap();
    header(&mut headers, "wide", &"x".repeat(60_000));
    wide.properties = wide.properties.with_headers(headers);
    vec![
        (utf_8(negative), "broken_batch"),
        (utf_8(beyond), "broken_batch"),
        (utf_8(good[..good.len() - 1].to_vec()), "broken_batch"),
        (utf_8([&good[..], b"\0\0"].concat()), "broken_batch"),
        (utf_8(Vec::new()), "broken_batch"),
        (utf_8(payment().to_string().into()), "broken_batch"),
        (utf_8(empty()), "too_large"),
        (batch(place, "gzip", gzip(empty())), "too_large"),
        (batch(place, "gzip", gzip(vec![0; 50_000_000])), "too_large"),
        (utf_8(framed(std::iter::repeat_n(long, 30))), "too_large"),
        (wide, "too_large"),
        (batch(place, "gzip", good.clone()), "wrong_encoding"),
        (batch(place, "zip", good.clone()), "unknown_encoding"),
        (in_format(encoded(place, "UTF-8", good), "lengthHeader8"), "unknown_format"),
    ]
}

#[tokio::test]
async fn what_cannot_be_taken_apart_is_buried_whole() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let cases = broken(&place);
        let messages: Vec<_> = cases.iter().map(|(message, _)| message.clone()).collect();
        place.publish(&messages).await;
        place.publish_payments(&[payment()]).await;
        let letters = place.dead_letters(PAYMENT, cases.len()).await;
        for ((message, reason), letter) in cases.iter().zip(&letters) {
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some(*reason));
            assert!(letter.data == message.body, "{reason}");
            let format = header_of(letter, "springBatchFormat").unwrap();
            assert!(format.starts_with("lengthHeader"), "{format}");
        }
        let unknown = header_of(&letters[cases.len() - 1], "x-exception-message").unwrap();
        assert!(unknown.contains("`lengthHeader8`"), "{unknown}");
        place.wait_for_rows("p_payment_log", 1).await;
        assert_eq!(service.stop().counted("payment", "dead_letters"), u64::try_from(cases.len()).unwrap());
    }
}

#[tokio::test]
async fn a_batch_of_empty_bodies_ends_with_one_dead_letter_each_up_to_a_bound() {
    let place = Fixture::sqlite();
    let service = place.serve();
    place.publish(&[batch(&place, "UTF-8", framed(std::iter::repeat_n("", 1_200)))]).await;
    let letters = place.dead_letters(PAYMENT, 1_200).await;
    assert!(letters.iter().all(|letter| header_of(letter, "x-audit-reason").as_deref() == Some("not_json")));
    assert_eq!(service.stop().counted("payment", "dead_letters"), 1_200);
    assert!(nothing_waits(&place).await);
}

#[tokio::test]
async fn a_delivery_of_many_transactions_is_acknowledged_with_its_last_event() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve_with(&[("LOG_SERVICE__INGEST__MAX_BATCH", "10")]);
        let events = |count| -> Vec<Value> {
            (0..count)
                .map(|at| payment_with(json!({"actionType": if at % 7 == 6 { "VIEW" } else { "CONFIRM" }})))
                .collect()
        };
        let messages = [
            batch(&place, "UTF-8", framed(texts(&events(35)))),
            place.message(PAYMENT, payment().to_string()),
            batch(&place, "UTF-8", framed(texts(&events(70)))),
            batch(&place, "UTF-8", framed(texts(&events(7)))),
        ];
        place.publish(&messages).await;
        place.wait_for_rows("p_payment_log", 1 + 6 * (5 + 10 + 1)).await;
        let stopped = service.stop();
        assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "reads")), (97, 16));
        assert_eq!(
            (stopped.counted("payment", "duplicates"), stopped.counted("payment", "dead_letters")),
            (0, 0)
        );
        assert!(nothing_waits(&place).await);
    }
}

#[tokio::test]
async fn an_event_that_waits_for_its_partition_holds_its_delivery_and_no_other_event() {
    let place = Fixture::postgresql();
    let service = place.serve_with(&[("LOG_SERVICE__INGEST__MAX_BATCH", "10")]);
    let session = hold_up(&place).await;
    let without_partition = payment_with(json!({"occurredAt": "2021-05-07T00:00:00Z"}));
    let mut bodies: Vec<_> = (0..25).map(|_| payment()).collect();
    bodies[3] = without_partition.clone();
    bodies[4]["actionType"] = json!("VIEW");
    bodies[24]["actionType"] = json!("VIEW");
    place.publish(&[batch(&place, "UTF-8", framed(texts(&bodies)))]).await;
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1 + 22 + 1).await;
    service.wait_for_log("events wait for a partition that can't be made", 1);
    session.rollback().await.unwrap();
    place.wait_for_rows("p_payment_log", 25).await;
    let stopped = service.stop();
    assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "reads")), (25, 2));
    assert_eq!(
        (stopped.counted("payment", "duplicates"), stopped.counted("payment", "dead_letters")),
        (0, 0)
    );
    assert!(nothing_waits(&place).await);
}

#[tokio::test]
async fn a_delivery_with_an_event_that_still_waits_comes_again_whole() {
    let place = Fixture::postgresql();
    let service = place.serve();
    let session = hold_up(&place).await;
    let bodies = [payment(), payment_with(json!({"occurredAt": "2021-05-07T00:00:00Z"})), payment()];
    place.publish(&[batch(&place, "UTF-8", framed(texts(&bodies)))]).await;
    place.wait_for_rows("p_payment_log", 3).await;
    service.wait_for_log("events wait for a partition that can't be made", 1);
    service.stop().expect_success();
    session.rollback().await.unwrap();
    let queue = place.topology.queue(PAYMENT);
    eventually("the delivery to be back", async || place.waiting(&queue).await == 1).await;
    let service = place.serve();
    place.wait_for_rows("p_payment_log", 4).await;
    let stopped = service.stop();
    assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "duplicates")), (1, 2));
    assert!(nothing_waits(&place).await);
}

#[test]
fn a_check_says_what_becomes_of_each_event() {
    let (first, second) = (payment(), payment_with(json!({"occurredAt": null})));
    let line = |format: &str, bodies: &[Value]| {
        let bodies: Vec<String> = texts(bodies).collect();
        let body = STANDARD.encode(framed(bodies));
        let headers = json!({"springBatchFormat": format});
        json!({"routing_key": "payment.log", "properties": {"headers": headers}, "body_base64": body})
            .to_string()
            + "\n"
    };
    let lines =
        [line("lengthHeader4", &[first.clone(), second]), line("other", std::slice::from_ref(&first))]
            .concat();
    let (status, said, sums) = check(&[], &lines);
    assert_eq!(status, Some(1));
    let id = first["eventId"].as_str().unwrap();
    assert_eq!(
        said,
        [
            format!(
                "-:1, event 1: stored in p_payment_log, event {id} of 2025-12-06T11:00:29.100Z (names no zone, read as UTC)"
            ),
            "-:1, event 2: refused: missing_field, field `occurredAt`".to_owned(),
            "-:2: refused: unknown_format".to_owned(),
        ]
    );
    assert!(sums.contains("1 would be stored (0 with something unknown), 2 refused"), "{sums}");
}
