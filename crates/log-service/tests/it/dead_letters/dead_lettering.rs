//! What can never be stored lands on its dead-letter queue, as it came, with the reason; its neighbours are
//! stored.

use lapin::{options::QueueDeleteOptions, types::ShortString};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::fixture::{Fixture, PAYMENT, RABBITMQ, header, header_of, payment, payment_with};

/// Every kind of malformed body: the body, the reason, the field.
pub fn malformed() -> Vec<(Vec<u8>, &'static str, Option<&'static str>)> {
    let text = |body: serde_json::Value| body.to_string().into_bytes();
    let mut invalid_utf8 = text(payment_with(json!({"method": "#"})));
    let at = invalid_utf8.iter().position(|byte| *byte == b'#').unwrap();
    invalid_utf8[at] = 0xff;
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut nested = payment().to_string();
    nested.truncate(nested.len() - 1);
    let nested = format!("{nested},\"deep\":{}}}", deep(10_000));
    vec![
        (b"hello".to_vec(), "not_json", None),
        (b"".to_vec(), "not_json", None),
        (b"{\"eventId\":".to_vec(), "not_json", None),
        (b"[1,2]".to_vec(), "not_an_object", None),
        (b"\"text\"".to_vec(), "not_an_object", None),
        (b"null".to_vec(), "not_an_object", None),
        (text(payment_with(json!({"eventId": null}))), "missing_field", Some("eventId")),
        (text(payment_with(json!({"actionType": null}))), "missing_field", Some("actionType")),
        (text(payment_with(json!({"eventId": "not-a-uuid"}))), "invalid_field", Some("eventId")),
        (text(payment_with(json!({"occurredAt": "yesterday"}))), "invalid_field", Some("occurredAt")),
        (
            text(payment_with(json!({"occurredAt": "9999-01-01T00:00:00"}))),
            "invalid_field",
            Some("occurredAt"),
        ),
        (text(payment_with(json!({"retryCount": "many"}))), "invalid_field", Some("retryCount")),
        (text(payment_with(json!({"method": "a\u{0}b"}))), "invalid_field", Some("method")),
        (text(payment_with(json!({"note": {"x": ["a\u{0}b"]}}))), "invalid_field", Some("note")),
        (text(payment_with(json!({"actionType": "x".repeat(256)}))), "invalid_field", Some("actionType")),
        (invalid_utf8, "not_json", None),
        (nested.into_bytes(), "not_json", None),
        (text(payment_with(json!({"note": "x".repeat(300_000)}))), "too_large", None),
    ]
}

#[tokio::test]
async fn what_a_publisher_names_is_cut_in_the_log() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let name = format!("\u{1b}[2J\u{202e}{}", "x".repeat(50_000));
    let mut message = place.message(PAYMENT, payment_with(json!({name: "a\u{0}b"})).to_string());
    message.properties = message.properties.with_app_id("y".repeat(200).into());
    place.publish(&[message]).await;
    place.dead_letters(PAYMENT, 1).await;
    service.wait_for_log("invalid_field", 1);
    let log = service.stop().log().to_vec();
    assert!(log.iter().all(|line| line.to_string().len() < 1_000), "{log:?}");
    let field = log.iter().find_map(|line| line["field"].as_str()).unwrap();
    assert!(field.starts_with('\u{1b}') && field.ends_with("xxx…"), "{field:?}");
}

#[tokio::test]
async fn malformed_messages_are_kept_byte_for_byte_with_their_reason() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let cases = malformed();
        let mut messages = Vec::new();
        for (body, ..) in &cases {
            let mut message = place.message(PAYMENT, body.clone());
            let mut headers = lapin::types::FieldTable::default();
            header(&mut headers, "__TypeId__", "com.tickatch.PaymentLogEvent");
            message.properties = message.properties.with_headers(headers);
            messages.push(message);
            messages.push(place.message(PAYMENT, payment().to_string()));
        }
        place.publish(&messages).await;

        let letters = place.dead_letters(PAYMENT, cases.len()).await;
        for (body, reason, field) in &cases {
            let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let letter =
                letters.iter().find(|letter| letter.data == *body).unwrap_or_else(|| panic!("{shown}"));
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some(*reason), "{shown}");
            assert_eq!(header_of(letter, "x-audit-field").as_deref(), *field, "{shown}");
            assert!(header_of(letter, "x-exception-message").is_some());
            assert_eq!(header_of(letter, "x-original-exchange"), Some(place.topology.exchange()));
            assert_eq!(header_of(letter, "x-original-routingKey").as_deref(), Some("payment.log"));
            assert_eq!(header_of(letter, "__TypeId__").as_deref(), Some("com.tickatch.PaymentLogEvent"));
            assert_eq!(
                letter.properties.content_type().as_ref().map(ShortString::as_str),
                Some("application/json")
            );
        }
        let good = i64::try_from(cases.len()).unwrap();
        place.wait_for_rows("p_payment_log", good).await;
        let stopped = service.stop();
        assert_eq!(stopped.counted("payment", "dead_letters"), cases.len() as u64);
        assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 0);
    }
}

#[tokio::test]
async fn a_row_that_the_database_refuses_does_not_harm_its_batch() {
    for (place, refuse) in [
        (
            Fixture::sqlite(),
            "CREATE TRIGGER refuse BEFORE INSERT ON p_payment_log WHEN NEW.method = 'REFUSED'
             BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ),
        (
            Fixture::postgresql(),
            "ALTER TABLE p_payment_log ADD CONSTRAINT refuse CHECK (method <> 'REFUSED')",
        ),
    ] {
        place.prepare();
        place.db().await.execute_unprepared(refuse).await.unwrap();
        let mut bodies: Vec<_> = (0..200).map(|_| payment()).collect();
        for at in [0, 77, 78, 199] {
            bodies[at]["method"] = json!("REFUSED");
        }
        place.publish_payments(&bodies).await;
        let service = place.serve();
        let letters = place.dead_letters(PAYMENT, 4).await;
        for letter in &letters {
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some("refused_by_database"));
            assert!(String::from_utf8_lossy(&letter.data).contains("REFUSED"));
        }
        place.wait_for_rows("p_payment_log", 196).await;
        drop(service);
    }
}

#[tokio::test]
async fn a_deleted_dead_letter_queue_is_made_again() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    place.publish(&[place.message(PAYMENT, "first")]).await;
    assert_eq!(place.dead_letters(PAYMENT, 1).await[0].data, b"first");
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = place.topology.dead_letter_queue(PAYMENT);
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    place.publish(&[place.message(PAYMENT, "second")]).await;
    assert_eq!(place.dead_letters(PAYMENT, 1).await[0].data, b"second");
}

/// A dead letter must not expire, nor be refused because the publisher was another user.
#[tokio::test]
async fn user_and_expiration_of_a_dead_letter_are_kept_as_headers() {
    let mut place = Fixture::sqlite();
    let _service = place.serve();
    RABBITMQ.ctl(&["add_user", "publisher", "secret"]);
    RABBITMQ.ctl(&["set_permissions", "publisher", ".*", ".*", ".*"]);
    let mut message = place.message(PAYMENT, "not json");
    message.properties = message
        .properties
        .with_user_id("publisher".into())
        .with_expiration("3600000".into())
        .with_delivery_mode(1)
        .with_message_id("id-1".into());
    let ours = place.broker.clone();
    place.broker.username = "publisher".to_owned();
    place.broker.password = "secret".into();
    place.publish(&[message]).await;
    place.broker = ours;

    let letter = place.dead_letters(PAYMENT, 1).await.remove(0);
    assert_eq!(header_of(&letter, "x-original-user-id").as_deref(), Some("publisher"));
    assert_eq!(header_of(&letter, "x-original-expiration").as_deref(), Some("3600000"));
    assert_eq!((letter.properties.user_id(), letter.properties.expiration()), (&None, &None));
    assert_eq!(*letter.properties.delivery_mode(), Some(2));
    assert_eq!(letter.properties.message_id().as_ref().map(ShortString::as_str), Some("id-1"));
}

#[tokio::test]
async fn headers_that_leave_no_room_for_the_reason_are_left_out() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let mut message = place.message(PAYMENT, "not json");
    let mut headers = lapin::types::FieldTable::default();
    header(&mut headers, "x-exception-stacktrace", &"at Some.java:1\n".repeat(8650));
    message.properties = message.properties.with_headers(headers);
    place.publish(&[message]).await;
    let letter = place.dead_letters(PAYMENT, 1).await.remove(0);
    assert_eq!(letter.data, b"not json");
    assert_eq!(header_of(&letter, "x-audit-reason").as_deref(), Some("not_json"));
    assert!(header_of(&letter, "x-audit-headers").is_some());
}

#[tokio::test]
async fn nothing_of_a_body_is_ever_logged() {
    let place = Fixture::postgresql();
    let service = place.serve_with(&[("LOG_SERVICE__TELEMETRY__FILTER", "trace")]);
    let personal = json!({"method": "personal-data", "personalData": "personal-data"});
    let mut conflicting = payment_with(personal.clone());
    let good = conflicting.clone();
    conflicting["actionType"] = json!("REFUND");
    let malformed = payment_with(json!({"eventId": "personal-data"}));
    place.publish_payments(&[good, conflicting, malformed]).await;
    place.dead_letters(PAYMENT, 2).await;

    let mut publish = place.command(&["publish", "-"]);
    publish.env("LOG_SERVICE__TELEMETRY__FILTER", "trace").stdin(std::process::Stdio::piped());
    let mut publishing = publish.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let line = json!({"routing_key": "nobody.takes.it", "body": personal}).to_string();
    std::io::Write::write_all(&mut publishing.stdin.take().unwrap(), line.as_bytes()).unwrap();
    let output = publishing.wait_with_output().unwrap();

    let logged = format!("{:?}{}", service.log(), String::from_utf8_lossy(&output.stderr));
    assert!(!logged.contains("personal-data"), "{logged}");
}
