//! `contract check` of files.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{check, given};
use crate::{
    fixture::{Fixture, PAYMENT, log_service, payment, payment_with},
    samples,
};

fn line(body: &Value) -> String {
    json!({"routing_key": "payment.log", "body": body}).to_string() + "\n"
}

#[test]
fn every_sample_is_stored_with_nothing_unknown() {
    let all: String = samples::domains().iter().map(|domain| samples::lines(domain)).collect();
    let (status, said, sums) = check(&["--strict"], &all);
    assert_eq!(status, Some(0), "{sums}");
    let stored = format!("{} would be stored (0 with something unknown), 0 refused", all.lines().count());
    assert_eq!(said.len(), all.lines().count());
    assert!(sums.contains(&stored), "{sums}");
}

#[test]
fn what_is_refused_is_said_with_reason_and_field_but_without_its_value() {
    let lines = [
        line(&payment_with(json!({"occurredAt": null}))),
        line(&payment_with(json!({"retryCount": "hong@example.com"}))),
        line(&json!([])),
        json!({"routing_key": "gift.log", "body": {}}).to_string() + "\n",
        json!({"routing_key": "payment.log", "body_text": "hong@example.com"}).to_string() + "\n",
        "not json\n".to_owned(),
    ]
    .concat();
    let (status, said, sums) = check(&[], &lines);
    assert_eq!(status, Some(1));
    assert_eq!(
        said[..5],
        [
            "-:1: refused: missing_field, field `occurredAt`",
            "-:2: refused: invalid_field, field `retryCount`",
            "-:3: refused: not_an_object",
            "-:4: refused: unroutable, no queue is bound by its routing key",
            "-:5: refused: not_json",
        ]
    );
    assert!(said[5].starts_with("-:6: no message: "), "{said:?}");
    assert!(sums.contains("0 would be stored (0 with something unknown), 6 refused"), "{sums}");
}

#[test]
fn what_is_unknown_is_named_and_is_a_failure_only_if_asked_for() {
    let body = payment_with(json!({"actionType": "GIVEN_AWAY", "coupon": "SECRET-1", "gift": {"to": 1}}));
    let (status, said, _) = check(&[], &line(&body));
    assert_eq!(status, Some(0));
    assert!(said[0].ends_with("; unknown action `GIVEN_AWAY`; unknown field `coupon`, `gift`"), "{said:?}");
    assert!(!said[0].contains("SECRET-1"), "{said:?}");
    assert_eq!(check(&["--strict"], &line(&body)).0, Some(1));
}

#[test]
fn a_field_in_another_spelling_is_stored_and_named() {
    let mut body =
        payment_with(json!({"paymentId": null, "payment_id": "4d7b01a3-da26-4cae-96cc-108091e246a4"}));
    let (status, said, _) = check(&["--verbose"], &line(&body));
    assert_eq!(status, Some(0));
    assert!(said[0].ends_with("; field in another spelling `payment_id`"), "{said:?}");
    assert!(said.join("\n").contains("resource_id = '4d7b01a3-da26-4cae-96cc-108091e246a4'"), "{said:?}");
    assert_eq!(check(&["--strict"], &line(&body)).0, Some(1));

    body["paymentId"] = json!("");
    let (status, said, _) = check(&[], &line(&body));
    assert_eq!(status, Some(1));
    assert!(said[0].ends_with("refused: invalid_field, field `paymentId`"), "{said:?}");
}

#[test]
fn values_are_shown_only_when_asked_for() {
    let hidden = check(&[], &line(&payment())).1.join("\n");
    assert!(!hidden.contains("TOSS_CARD"), "{hidden}");
    let shown = check(&["--verbose"], &line(&payment())).1.join("\n");
    assert!(shown.contains("method = 'TOSS_CARD'"), "{shown}");
}

#[test]
fn an_action_that_only_reads_is_said_not_to_be_stored() {
    let mut command = log_service(&["contract", "check", "-"]);
    command.env("LOG_SERVICE__INGEST__READ_ACTIONS", "[\"CONFIRM\"]");
    let output = given(command, &line(&payment()));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("not stored: its action is one of ingest.read_actions"), "{said}");
    assert!(output.status.success());
    assert_eq!(check(&["--strict"], &line(&payment_with(json!({"actionType": "VIEW"})))).0, Some(1));
}

#[test]
fn the_time_that_was_read_is_said_and_what_is_doubtful_of_it() {
    let ahead = (Utc::now() + TimeDelta::hours(1)).to_rfc3339();
    let times = ["2025-12-06T20:00:29.1+09:00", "2025-12-06T20:00:29.1", &ahead];
    let lines: String = times.iter().map(|time| line(&payment_with(json!({"occurredAt": time})))).collect();
    let mut command = log_service(&["contract", "check", "-"]);
    command.env("LOG_SERVICE__INGEST__NAIVE_TIME_ZONES", "{payment = \"Asia/Seoul\"}");
    let said = String::from_utf8(given(command, &lines).stdout).unwrap();
    let said: Vec<_> = said.lines().collect();
    assert!(said[0].ends_with(" of 2025-12-06T11:00:29.100Z"), "{said:?}");
    let without_zone = " of 2025-12-06T11:00:29.100Z (names no zone, read as Asia/Seoul)";
    assert!(said[1].ends_with(without_zone), "{said:?}");
    assert!(said[2].ends_with("Z; its time is later than now"), "{said:?}");
}

#[tokio::test]
async fn the_service_does_what_was_said() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let bodies = [
        payment(),
        payment_with(json!({"eventId": "none"})),
        payment_with(json!({"more": [1, 2]})),
        payment_with(json!({"method": "x".repeat(300)})),
        payment_with(json!({"actorType": null})),
    ];
    let (_, said, _) = check(&[], &bodies.iter().map(line).collect::<String>());
    let stored = said.iter().filter(|line| line.contains(": stored in p_payment_log")).count();
    assert_eq!((stored, said.len()), (2, 5));

    place.publish_payments(&bodies).await;
    place.wait_for_rows("p_payment_log", 2).await;
    place.dead_letters(PAYMENT, 3).await;
}
