//! Malformed messages of every kind among good ones, one of ten, in all domains at once: all good ones are stored, and
//! all others become dead letters with the right reason.

use audit_core::{Domain, publish::Message};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, header_of},
    reading::events::domains,
    samples,
};

const GOOD: usize = 900;
const BAD: usize = 100;

/// What is wrong: the reason, the field that is to blame, and how a good event becomes one.
type Kind = (&'static str, Option<&'static str>, fn(Value) -> Vec<u8>);

const KINDS: [Kind; 21] = [
    ("not_json", None, |_| Vec::new()),
    ("not_json", None, |good| {
        let text = text(&good);
        text[..text.len() / 2].to_vec()
    }),
    ("not_json", None, |good| [text(&good), b"x".to_vec()].concat()),
    ("not_json", None, |good| with_note(&good, b"\"\xff\"")),
    ("not_json", None, |good| {
        with_note(&good, &["[".repeat(10_000), "]".repeat(10_000)].concat().into_bytes())
    }),
    ("not_an_object", None, |good| text(&json!([good]))),
    ("not_an_object", None, |_| b"null".to_vec()),
    ("missing_field", Some("eventId"), |good| without(good, "eventId")),
    ("missing_field", Some("actionType"), |good| without(good, "actionType")),
    ("missing_field", Some("actorType"), |good| without(good, "actorType")),
    ("missing_field", Some("occurredAt"), |good| without(good, "occurredAt")),
    ("invalid_field", Some("eventId"), |good| with(good, "eventId", json!("not-a-uuid"))),
    ("invalid_field", Some("actorUserId"), |good| with(good, "actorUserId", json!(7))),
    ("invalid_field", Some("occurredAt"), |good| with(good, "occurredAt", json!("yesterday"))),
    ("invalid_field", Some("occurredAt"), |good| with(good, "occurredAt", json!("9999-01-01T00:00:00"))),
    ("invalid_field", Some("actionType"), |good| with(good, "actionType", json!("x".repeat(256)))),
    ("invalid_field", Some("actorType"), |good| with(good, "actorType", json!("a\0b"))),
    ("invalid_field", Some("note"), |good| with(good, "note", json!({"deep": ["a\0b"]}))),
    ("invalid_field", Some("note"), |good| with_note(&good, b"1,\"note\":2")),
    ("too_large", None, |good| with(good, "note", json!("x".repeat(300_000)))),
    // Well formed, but it is another event under an id that is taken: the one before it.
    ("conflict", None, |good| with(good, "actionType", json!("SOMETHING_ELSE"))),
];

fn text(body: &Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn with(mut body: Value, field: &str, value: Value) -> Vec<u8> {
    body[field] = value;
    text(&body)
}

fn without(mut body: Value, field: &str) -> Vec<u8> {
    body.as_object_mut().unwrap().remove(field);
    text(&body)
}

/// The body with one more field, whose value is given as bytes.
fn with_note(body: &Value, value: &[u8]) -> Vec<u8> {
    let mut text = text(body);
    text.pop();
    [&text, &b",\"note\":"[..], value, b"}"].concat()
}

/// Good and bad ones in turn. The id of a bad message is its reason and field.
fn messages(place: &Fixture, domain: Domain) -> Vec<Message> {
    let samples = samples::bodies(domain.name());
    let mut messages = Vec::new();
    for number in 0..GOOD {
        let mut good = samples[number % samples.len()].clone();
        good["eventId"] = json!(Uuid::now_v7());
        messages.push(place.message(domain, text(&good)));
        if number % (GOOD / BAD) == 0 {
            let (reason, field, make) = KINDS[number / (GOOD / BAD) % KINDS.len()];
            let mut bad = place.message(domain, make(good));
            let id = format!("{reason} {}", field.unwrap_or_default());
            bad.properties = bad.properties.with_message_id(id.into());
            messages.push(bad);
        }
    }
    messages
}

async fn good_ones_are_stored_and_bad_ones_buried(place: Fixture) {
    let service = place.serve();
    let publishing = domains().into_iter().map(|log| {
        let messages = messages(&place, log.domain());
        let place = &place;
        async move {
            for some in messages.chunks(250) {
                place.publish(some).await;
            }
        }
    });
    futures::future::join_all(publishing).await;

    for log in domains() {
        let (domain, table) = (log.domain(), log.table().name);
        for letter in place.dead_letters(domain, BAD).await {
            let reason = header_of(&letter, "x-audit-reason").unwrap();
            let field = header_of(&letter, "x-audit-field").unwrap_or_default();
            let expected = letter.properties.message_id().as_ref().unwrap().as_str();
            assert_eq!(format!("{reason} {field}"), expected, "{domain}");
        }
        place.wait_for_rows(table, i64::try_from(GOOD).unwrap()).await;
        assert_eq!(place.waiting(&place.topology.dead_letter_queue(domain)).await, 0);
    }
    let stopped = service.stop();
    for log in domains() {
        let counted = |what| stopped.counted(log.domain().name(), what);
        assert_eq!((counted("stored"), counted("dead_letters")), (GOOD as u64, BAD as u64));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_malformed_message_of_ten_harms_no_other_on_postgresql() {
    good_ones_are_stored_and_bad_ones_buried(Fixture::postgresql()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_malformed_message_of_ten_harms_no_other_on_sqlite() {
    good_ones_are_stored_and_bad_ones_buried(Fixture::sqlite()).await;
}
