//! Bodies as large as they are taken, made to be slow.

use crate::{bounds, weird};

/// `ingest.max_body_bytes`, by default.
const MOST_BYTES: usize = 262_144;

const GOOD: &str = r#""eventId":"636320f4-3abf-4395-b608-38ba3a6d324e","actionType":"A","actorType":"B","occurredAt":"2025-12-06T11:00:29Z""#;

/// A good body with as many more fields as there is room for.
fn with(field: impl Fn(usize) -> String) -> Vec<u8> {
    let mut body = format!("{{{GOOD}");
    for field in (0..).map(field) {
        if body.len() + field.len() + 2 > MOST_BYTES {
            break;
        }
        body.push(',');
        body.push_str(&field);
    }
    body.push('}');
    body.into_bytes()
}

fn outcome(body: &[u8]) -> String {
    assert!(body.len() <= MOST_BYTES);
    bounds::check(body).remove(0)
}

#[test]
fn as_many_fields_as_there_is_room_for_are_stored() {
    assert_eq!(outcome(&with(|number| format!("\"f{number}\":{number}"))), "stored");
}

#[test]
fn one_field_of_the_largest_size_is_stored() {
    let room = MOST_BYTES - GOOD.len() - 20;
    for value in [
        format!("\"{}\"", "x".repeat(room)),
        format!("\"{}\"", "\\n".repeat(room / 2)),
        format!("[{}0]", "0,".repeat(room / 2 - 1)),
        format!("[{}{{}}]", "{},".repeat(room / 3 - 1)),
    ] {
        assert_eq!(outcome(format!("{{{GOOD},\"f\":{value}}}").as_bytes()), "stored");
    }
}

#[test]
fn what_is_wrong_at_the_very_end_is_found_as_soon() {
    let mut body = with(|number| format!("\"f{number}\":\"{number}\""));
    body.truncate(body.len() - 1);
    assert_eq!(outcome(&body), "not_json");
    let long = "x".repeat(MOST_BYTES - GOOD.len() - 30);
    assert_eq!(outcome(format!("{{\"actionType\":\"{long}\"}}").as_bytes()), "invalid_field actionType");
    assert_eq!(
        outcome(format!("{{{GOOD},\"f\":{}}}", &long.replace('x', "9")).as_bytes()),
        "invalid_field f"
    );
}

/// On a thread with as little stack as those that ingest runs on.
#[test]
fn text_that_would_be_read_as_json_again_and_again_is_refused() {
    let threads = (1..=14).map(|times| {
        let body = format!("{{{GOOD},\"f\":{}}}", String::from_utf8(weird::read_again(times)).unwrap());
        let reading = move || outcome(body.as_bytes());
        std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(reading).unwrap()
    });
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "invalid_field f");
    }
}
