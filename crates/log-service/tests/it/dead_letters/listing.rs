//! Looking at dead letters leaves them where they are.

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
    time::Duration,
};

use audit_dead_letters::{DeadLetterError, DeadLetters, Listing, Replay, Selection};
use audit_query::access_entity::Entity;
use chrono::{DateTime, TimeDelta, Utc};
use lapin::types::FieldTable;
use serde_json::{Value, json};

use super::{
    answer,
    dead_lettering::malformed,
    list,
    rejected::{AUTH, failed_login, lay, reject},
    run, said, stderr, wait_for,
};
use crate::{
    fixture::{Fixture, PAYMENT, header, payment, payment_with, rows},
    reading::objects,
};

#[tokio::test]
async fn they_are_counted_and_listed_and_stay_where_they_are() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let before = Utc::now() - TimeDelta::seconds(1);
    place.publish(&["first", "second", "[3]"].map(|body| place.message(PAYMENT, body))).await;
    let invalid = place.message(AUTH, payment_with(json!({"eventId": "secret"})).to_string());
    place.publish(&[invalid]).await;
    wait_for(&place, PAYMENT, 3).await;
    wait_for(&place, AUTH, 1).await;

    let overview = list(&place);
    let count = |domain, reason, letters| json!({"domain": domain, "reason": reason, "letters": letters, "replayed": 0});
    assert_eq!(
        overview["counts"],
        json!([
            count("auth", "invalid_field", 1),
            count("payment", "not_an_object", 1),
            count("payment", "not_json", 2)
        ])
    );
    let letters = overview["items"].as_array().unwrap();
    let told: Vec<_> =
        letters.iter().map(|letter| (&letter["domain"], &letter["field"], &letter["bytes"])).collect();
    assert_eq!(told[0].1, "eventId");
    assert_eq!(told[1..].iter().map(|(.., bytes)| bytes.as_u64().unwrap()).collect::<Vec<_>>(), [5, 6, 3]);
    for letter in letters {
        let time: DateTime<Utc> = letter["time"].as_str().unwrap().parse().unwrap();
        assert!((before..Utc::now()).contains(&time), "{letter}");
    }
    // Handed back, in their places.
    wait_for(&place, PAYMENT, 3).await;
    wait_for(&place, AUTH, 1).await;
    assert_eq!(list(&place)["items"], overview["items"]);
    let bodies: Vec<_> = place.dead_letters(PAYMENT, 3).await.into_iter().map(|letter| letter.data).collect();
    assert_eq!(bodies, [&b"first"[..], b"second", b"[3]"]);
}

#[tokio::test]
async fn a_list_shows_bodies_only_if_it_is_asked_to() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[json!("personal\u{1b}[2J")]).await;
    wait_for(&place, PAYMENT, 1).await;
    let table = answer(&place, &["list"]);
    assert!(table.contains("unknown") && !table.contains("personal"), "{table}");
    assert!(!answer(&place, &["list", "--format", "json"]).contains("personal"));
    assert!(answer(&place, &["list", "--preview"]).contains("personal\\u001b[2J"));
    assert!(answer(&place, &["list", "--preview", "--format", "json"]).contains("personal"));
    assert!(said(&place, &["list", "--domain", "user"]).contains("no dead letters"));
}

#[tokio::test]
async fn more_than_are_held_in_memory_are_counted() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &(0..250).map(|_| payment()).collect::<Vec<_>>()).await;
    wait_for(&place, PAYMENT, 250).await;
    let overview = list(&place);
    assert_eq!(overview["counts"][0]["letters"], 250);
    assert_eq!(overview["items"].as_array().unwrap().len(), 50);
    assert!(said(&place, &["list", "--limit", "10"]).contains("240 more are not shown"));
    wait_for(&place, PAYMENT, 250).await;
}

#[tokio::test]
async fn what_takes_too_long_ends_and_leaves_everything_in_its_place() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[payment(), payment()]).await;
    wait_for(&place, PAYMENT, 2).await;
    let letters = DeadLetters::new(place.broker.clone(), place.topology.clone(), vec![PAYMENT], 1);
    let hurried = letters.within(Duration::ZERO);
    let looked = hurried.overview(&Selection::default(), Listing::default(), |_, _| {}).await;
    assert!(matches!(looked, Err(DeadLetterError::TooLong(_))), "{looked:?}");
    let replay = Replay::default();
    let replayed = hurried.replay(&replay, |tally| panic!("{tally:?}")).await;
    assert!(matches!(replayed, Err(DeadLetterError::TooLong(_))), "{replayed:?}");
    wait_for(&place, PAYMENT, 2).await;
}

#[tokio::test]
async fn quorum_queues_are_looked_at_and_repaired_too() {
    let place = Fixture::sqlite();
    let service = place.serve_with(&[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "quorum")]);
    place.publish(&["first", "second"].map(|body| place.message(PAYMENT, body))).await;
    // What waits in a quorum queue is told a little later.
    wait_for(&place, PAYMENT, 2).await;
    let first = list(&place);
    wait_for(&place, PAYMENT, 2).await;
    assert_eq!(list(&place)["items"], first["items"]);
    wait_for(&place, PAYMENT, 2).await;
    assert!(said(&place, &["replay", "--all"]).contains("2 replayed"));
    wait_for(&place, PAYMENT, 2).await;
    assert!(said(&place, &["discard", "--all", "--to", "kept.ndjson", "--yes"]).contains("2 discarded"));
    wait_for(&place, PAYMENT, 0).await;
    service.stop();
}

#[tokio::test]
async fn they_are_chosen_by_domain_reason_and_id() {
    let place = Fixture::sqlite();
    place.prepare();
    reject(&place, AUTH, &[failed_login()]).await;
    lay(&place, PAYMENT, &[payment(), payment()]).await;
    wait_for(&place, PAYMENT, 2).await;
    let id = list(&place)["items"][1]["id"].as_str().unwrap().to_owned();
    for (args, letters) in [
        (&["--domain", "auth"][..], 1),
        (&["--domain", "auth", "--domain", "payment"], 3),
        (&["--reason", "unknown"], 2),
        (&["--reason", "rejected", "--reason", "unknown"], 3),
        (&["--reason", "rejected", "--domain", "payment"], 0),
        (&["--id", &id], 1),
        (&["--id", "0000000000000000"], 0),
    ] {
        let exported = answer(&place, &[&["export"], args].concat());
        assert_eq!(exported.lines().count(), letters, "{args:?}");
    }
}

#[tokio::test]
async fn one_is_shown_with_headers_and_body() {
    let place = Fixture::sqlite();
    let _service = place.serve();
    let mut message = place.message(PAYMENT, "not\njson\u{1b}");
    let mut headers = FieldTable::default();
    header(&mut headers, "__TypeId__", "com.tickatch.PaymentLogEvent");
    message.properties = message.properties.with_headers(headers);
    place.publish(&[message.clone(), message]).await;
    wait_for(&place, PAYMENT, 2).await;
    let id = list(&place)["items"][0]["id"].as_str().unwrap().to_owned();

    let output = run(&place, &["show", &id]);
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in
        ["not_json", "payment.log", "__TypeId__: \"com.tickatch.PaymentLogEvent\"", "not\njson\\u{1b}\n"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(stderr(&output).contains("2 have this id"));
    let line: Value = serde_json::from_str(&answer(&place, &["show", &id, "--format", "json"])).unwrap();
    assert_eq!(line["body_text"], "not\njson\u{1b}");
    assert_eq!(line["dead_letter"]["id"], json!(id));

    let output = run(&place, &["show", "0000000000000000"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no dead letter 0000000000000000"));
}

#[tokio::test]
async fn an_export_can_be_published_and_is_the_same_to_the_byte() {
    let place = Fixture::sqlite();
    let service = place.serve();
    let bodies: Vec<_> = malformed().into_iter().map(|(body, ..)| body).collect();
    let messages: Vec<_> = bodies.iter().map(|body| place.message(PAYMENT, body.clone())).collect();
    place.publish(&messages).await;
    wait_for(&place, PAYMENT, u32::try_from(bodies.len()).unwrap()).await;
    service.stop();

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letters.ndjson").display().to_string();
    answer(&place, &["export", &file]);
    let exported = fs::read_to_string(&file).unwrap();
    assert_eq!(exported, answer(&place, &["export", "-"]));
    assert_eq!(objects(&exported).len(), bodies.len());
    let output = publish(place.command(&["publish", "-"]), &exported);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(place.drain(&place.topology.queue(PAYMENT)).await, bodies);
}

fn publish(mut command: Command, lines: &str) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut publishing = command.spawn().unwrap();
    publishing.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    publishing.wait_with_output().unwrap()
}

#[tokio::test]
async fn looks_and_repairs_are_recorded() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[payment(), payment()]).await;
    wait_for(&place, PAYMENT, 2).await;
    let id = list(&place)["items"][0]["id"].as_str().unwrap().to_owned();
    answer(&place, &["show", &id]);
    answer(&place, &["export", "--domain", "payment"]);
    answer(&place, &["replay", "--all", "--dry-run"]);
    answer(&place, &["discard", "--id", &id, "--to", "discarded.ndjson", "--yes"]);
    let records = rows::<Entity>(&place.db().await).await;
    let seen: Vec<_> = records.iter().map(|record| (record.action_type.as_str(), record.rows_read)).collect();
    assert_eq!(
        seen,
        [
            ("DEAD_LETTERS", 2),
            ("DEAD_LETTER", 1),
            ("DEAD_LETTERS_EXPORT", 0),
            ("DEAD_LETTERS_EXPORT_END", 2),
            ("REPLAY", 0),
            ("REPLAY_END", 0),
            ("DISCARD", 0),
            ("DISCARD_END", 1),
        ]
    );
    assert!(records.iter().all(|record| record.reader.as_deref() == Some("operator")));
    let asked = json!({"id": [id], "to": "discarded.ndjson", "yes": true});
    assert_eq!(records[6].extra, Some(asked));
}

#[test]
fn what_is_not_chosen_or_not_known_is_a_mistake_of_the_command_line() {
    let place = Fixture::sqlite();
    for args in [
        &["replay"][..],
        &["replay", "--again"],
        &["replay", "--all", "--domain", "payment"],
        &["replay", "--domain", "payments"],
        &["replay", "--id", "12"],
        &["discard", "--all"],
        &["discard", "--to", "file", "--yes"],
        &["list", "--limit", "1001"],
        &["show"],
    ] {
        assert_eq!(run(&place, args).status.code(), Some(2), "{args:?}");
    }
    place.prepare();
    let output = run(&place, &["discard", "--all", "--to", "file"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--yes"), "{}", stderr(&output));
}
