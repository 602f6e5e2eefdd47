//! Properties and headers that AMQP libraries can't read.

use audit_core::Domain;
use lapin::{message::Delivery, types::AMQPValue};
use serde_json::Value;
use test_servers::{RawMessage, RawPublisher, long_string, nested_headers, short_string};

use super::wrong_domain::{bind, channel};
use crate::{
    dead_letters::{answer, list, said, wait_for},
    fixture::{Fixture, PAYMENT, header_of, payment},
};

/// Each kind, with a good event in it.
fn unreadable(place: &Fixture) -> Vec<RawMessage> {
    let message = || RawMessage {
        exchange: place.topology.exchange().into(),
        routing_key: PAYMENT.routing_key().into(),
        body: payment().to_string().into(),
        ..RawMessage::default()
    };
    let name_not_utf8 = long_string(&[&short_string(b"\xff\xfe")[..], b"t\x01"].concat());
    vec![
        message().with(RawMessage::HEADERS, &nested_headers(b'A', 25_000)),
        message().with(RawMessage::HEADERS, &nested_headers(b'F', 18_000)),
        message().with(RawMessage::HEADERS, &name_not_utf8),
        message().with(RawMessage::MESSAGE_ID, &short_string(b"caf\xe9\xff\xfe")),
    ]
}

fn original_properties(letter: &Delivery) -> &[u8] {
    match &letter.properties.headers().as_ref().unwrap().inner()["x-original-properties"] {
        AMQPValue::ByteArray(bytes) => bytes.as_slice(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_becomes_a_dead_letter_by_itself_and_nothing_stops() {
    for queue_type in ["classic", "quorum"] {
        let place = Fixture::sqlite();
        let service = place.serve_with(&[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", queue_type)]);
        let messages = unreadable(&place);
        let mut publisher = RawPublisher::connect(place.broker.port).unwrap();
        for message in &messages {
            publisher.publish(message).unwrap();
            place.publish_payments(&[payment()]).await;
        }
        place.publish(&[place.message(Domain::new("user"), payment().to_string())]).await;

        let letters = place.dead_letters(PAYMENT, messages.len()).await;
        for message in &messages {
            let letter = letters.iter().find(|letter| letter.data == message.body).unwrap();
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some("unreadable_properties"));
            assert!(original_properties(letter) == message.properties, "the properties are kept");
        }
        place.wait_for_rows("p_payment_log", i64::try_from(messages.len()).unwrap()).await;
        place.wait_for_rows("p_user_log", 1).await;
        let stopped = service.stop();
        assert!(stopped.status.success());
        assert!(!stopped.logged("not connected") && !stopped.logged("not consuming"));
    }
}

#[tokio::test]
async fn as_dead_letters_they_are_listed_exported_and_put_back() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let messages = unreadable(&place);
    let mut publisher = RawPublisher::connect(place.broker.port).unwrap();
    for message in &messages {
        publisher.publish(message).unwrap();
    }
    wait_for(&place, PAYMENT, 4).await;

    assert_eq!(list(&place)["counts"][0]["reason"], "unreadable_properties");
    let lines = answer(&place, &["export"]);
    for message in &messages {
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        let mut exported = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert!(exported.any(|line| line["body"] == body), "{body}");
    }
    assert!(said(&place, &["replay", "--all"]).contains("4 replayed"));
    place.wait_for_rows("p_payment_log", 4).await;
    wait_for(&place, PAYMENT, 0).await;
}

#[tokio::test]
async fn on_a_dead_letter_queue_they_are_listed_exported_and_discarded() {
    let place = Fixture::sqlite();
    place.prepare();
    let messages = unreadable(&place);
    let mut publisher = RawPublisher::connect(place.broker.port).unwrap();
    for message in &messages {
        let queue = place.topology.dead_letter_queue(PAYMENT);
        publisher
            .publish(&RawMessage { exchange: Vec::new(), routing_key: queue.into(), ..message.clone() })
            .unwrap();
    }
    assert_eq!(list(&place)["counts"][0]["letters"], 4);
    assert_eq!(answer(&place, &["export"]).lines().count(), 4);
    assert!(said(&place, &["discard", "--all", "--yes", "--to", "discarded.ndjson"]).contains("4 discarded"));
    wait_for(&place, PAYMENT, 0).await;
}

#[tokio::test]
async fn names_that_are_not_utf8_are_read_as_well() {
    let place = Fixture::sqlite();
    place.prepare();
    bind(&channel(&place).await, &place, "#").await;
    let service = place.serve();
    let message = RawMessage {
        exchange: place.topology.exchange().into(),
        routing_key: b"\xff\xfe".to_vec(),
        properties: vec![0, 0],
        body: payment().to_string().into(),
    };
    RawPublisher::connect(place.broker.port).unwrap().publish(&message).unwrap();
    place.publish_payments(&[payment()]).await;
    let letters = place.dead_letters(PAYMENT, 1).await;
    assert_eq!(header_of(&letters[0], "x-audit-reason").as_deref(), Some("wrong_domain"));
    assert_eq!(header_of(&letters[0], "x-original-routingKey").as_deref(), Some("??"));
    place.wait_for_rows("p_payment_log", 1).await;
    assert!(!service.stop().logged("not connected"));
}
