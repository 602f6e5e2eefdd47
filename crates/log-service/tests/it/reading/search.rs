use serde_json::{Value, json};

use super::{events, ids, json, objects, read, run, stderr};
use crate::fixture::Fixture;

const FROM: [&str; 2] = ["--from", "2025-12-01"];

/// Options, and what must hold for an event then.
pub type Case = (Vec<String>, Box<dyn Fn(&events::Event) -> bool>);

fn is(options: &[(&str, &str)], column: &'static str, values: &[Value]) -> Case {
    let args = options.iter().flat_map(|(option, value)| [format!("--{option}"), (*value).to_owned()]);
    let values = values.to_vec();
    (args.collect(), Box::new(move |event| values.contains(&event.get(column))))
}

pub fn cases() -> Vec<Case> {
    let actor = events::actor(2).to_string();
    let id = "00000000-0000-0000-0000-000019000003";
    let mut cases = vec![
        is(
            &[],
            "domain",
            &events::domains().iter().map(|log| json!(log.domain().name())).collect::<Vec<_>>(),
        ),
        is(&[("domain", "payment"), ("domain", "user")], "domain", &[json!("payment"), json!("user")]),
        is(&[("action-type", "좌석선점")], "action_type", &[json!("좌석선점")]),
        is(&[("actor-id", &actor)], "actor_id", &[json!(actor)]),
        is(&[("actor-type", "SYSTEM")], "actor_type", &[json!("SYSTEM")]),
        is(&[("resource-id", "3"), ("resource-id", "4")], "resource_id", &[json!("3"), json!("4")]),
        is(
            &[("trace-id", "4bf92f3577b34da6a3ce929d0e0e0004")],
            "trace_id",
            &[json!("4bf92f3577b34da6a3ce929d0e0e0004")],
        ),
        is(&[("id", id)], "id", &[json!(id)]),
        is(&[("own", "reservation_number=R20251206-000017")], "reservation_number", &[json!(events::NUMBER)]),
        // Sent with white space, or in another form.
        is(&[("action-type", " 좌석선점\u{3000}")], "action_type", &[json!("좌석선점")]),
        is(&[("actor-id", &actor.to_uppercase())], "actor_id", &[json!(actor)]),
        is(&[("resource-id", " 3")], "resource_id", &[json!("3")]),
        is(&[("id", &id.replace('-', ""))], "id", &[json!(id)]),
        is(
            &[("own", "reservation_number=R20251206-000017 ")],
            "reservation_number",
            &[json!(events::NUMBER)],
        ),
        is(&[("own", "seat_number=1층 A구역 3열 2번")], "seat_number", &[json!("1층 A구역 3열 2번")]),
        is(&[("own", "retry_count=2")], "retry_count", &[json!(2)]),
        is(&[("own", "method==카드,\"가\"")], "method", &[json!("=카드,\"가\"")]),
        is(&[("own", "user_type=SELLER")], "user_type", &[json!("SELLER")]),
        is(&[("own", "domain_type=STAGE")], "domain_type", &[json!("STAGE")]),
        is(&[("own", "receive_method=MOBILE")], "receive_method", &[json!("MOBILE")]),
    ];
    let (mut options, both) = is(&[("actor-type", "CUSTOMER")], "actor_type", &[json!("CUSTOMER")]);
    options.extend(["--action-type".to_owned(), "CONFIRM_FAIL".to_owned()]);
    cases.push((
        options,
        Box::new(move |event| both(event) && event.get("action_type") == json!("CONFIRM_FAIL")),
    ));
    for [from, to] in [
        ["2025-12-31T23:00", "2025-12-31T14:30:00Z"],
        ["2025-12-31T23:00+0900", "2025-12-31T23:30+09:00[Asia/Seoul]"],
        ["1767189600.0", "1767191400000"],
    ] {
        cases.push((
            ["--from", from, "--to", to, "--time-zone", "Asia/Seoul"].map(str::to_owned).to_vec(),
            Box::new(|event| {
                let time = event.occurred_at.to_rfc3339();
                ("2025-12-31T14:00:00".."2025-12-31T14:30:00").contains(&time.as_str())
            }),
        ));
    }
    cases
}

#[tokio::test]
async fn every_filter_finds_exactly_its_events() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 40).await;
        for (options, holds) in cases() {
            let mut args = vec!["search", "--order", "oldest", "--limit", "1000"];
            if !options.iter().any(|option| option == "--from") {
                args.extend(FROM);
            }
            args.extend(options.iter().map(String::as_str));
            let found = json(&place, &args);
            let expected: Vec<_> = events.iter().filter(|event| holds(event)).collect();
            assert!(!expected.is_empty(), "{options:?}");
            assert_eq!(found["next_cursor"], Value::Null);
            let found = found["items"].as_array().unwrap();
            assert_eq!(
                ids(found),
                expected.iter().map(|event| event.key()).collect::<Vec<_>>(),
                "{options:?}"
            );
            for (found, expected) in found.iter().zip(expected) {
                same(found, expected);
            }
        }
    }
}

/// Whether every field is answered as it was stored.
fn same(found: &Value, expected: &events::Event) {
    let fields = found.as_object().unwrap();
    let own = fields["details"].as_object().unwrap();
    for (name, value) in fields.iter().chain(own) {
        if !["seq", "recorded_at", "details"].contains(&name.as_str()) {
            assert_eq!(value, &expected.get(name), "{name} of {found}");
        }
    }
}

#[tokio::test]
async fn pages_give_every_event_once_in_order() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut expected: Vec<_> = events::store(&place, 40).await.iter().map(events::Event::key).collect();
        for order in ["oldest", "newest"] {
            let mut found = Vec::new();
            let mut cursor = String::new();
            let mut previous = Vec::new();
            loop {
                let mut args = vec!["search", "--from", "2025-12-01", "--limit", "17", "--order", order];
                if !cursor.is_empty() {
                    args.extend(["--cursor", &cursor]);
                }
                let page = json(&place, &args);
                found.push(ids(page["items"].as_array().unwrap()));
                if let Some(back) = page["previous_cursor"].as_str() {
                    previous.push((found.len() - 2, back.to_owned()));
                }
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = next.to_owned();
            }
            assert_eq!(found.concat(), expected, "{order}");
            assert_eq!(previous.len(), found.len() - 1);
            for (number, back) in previous {
                let page =
                    json(&place, &["search", "--from", "2025-12-01", "--limit", "17", "--cursor", &back]);
                assert_eq!(ids(page["items"].as_array().unwrap()), found[number], "{order}");
            }
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn the_formats_have_the_same_events() {
    let place = Fixture::sqlite();
    events::store(&place, 12).await;
    let args = ["search", "--from", "2025-12-01", "--domain", "payment", "--order", "oldest"];
    let table = read(&place, &args);
    insta::assert_snapshot!(table);
    let csv = read(&place, &[&args[..], &["--format", "csv", "--time-zone", "Asia/Seoul"]].concat());
    let stored_at = |line: &str| line.split(',').nth(4).unwrap().to_owned();
    let csv: Vec<_> = csv.lines().map(|line| line.replace(&stored_at(line), "STORED")).collect();
    insta::assert_snapshot!(csv.join("\n"));
    let ndjson = objects(&read(&place, &[&args[..], &["--format", "ndjson"]].concat()));
    assert_eq!(Value::from(ndjson), json(&place, &args)["items"]);
}

#[tokio::test]
async fn what_was_assumed_and_what_is_left_is_said_apart_from_the_answer() {
    let place = Fixture::sqlite();
    events::store(&place, 3).await;
    let output = run(&place, &["search", "--to", "2026-01-31", "--limit", "5"]);
    let said = stderr(&output);
    assert!(said.contains("showing the 90 days before --to; use --from to change that"), "{said}");
    assert!(said.contains("more results: --cursor "), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 6);
    let said = stderr(&run(&place, &["search"]));
    assert!(said.contains("showing the last 90 days; use --from to change that"), "{said}");
}

#[tokio::test]
async fn mistakes_are_named_and_end_with_2() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    for (option, value, said) in [
        ("--domain", "gift", "--domain: expected one of "),
        ("--actor-id", "Kim", "--actor-id: expected a UUID"),
        ("--actor-id", "", "--actor-id: expected a value"),
        ("--own", "colour=red", "--own: expected one of domain_type"),
        ("--own", "domain=payment", "--own: expected one of domain_type"),
        ("--own", "retry_count=many", "--own retry_count: expected a whole number"),
        ("--from", "tomorrow", "--from: expected a time such as"),
        ("--from", "1x", "or `today`, `yesterday`, or how long ago, such as `30m`, `1h`, `7d` or `2w`"),
        ("--cursor", "abc", "not a cursor"),
        ("--time-zone", "Mars", "Mars"),
        ("--limit", "1001", "1001 is not in 1..=1000"),
    ] {
        let output = run(&place, &["search", option, value]);
        let message = stderr(&output);
        assert!(message.contains(said), "{option} {value}: {message}");
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_database_without_tables_says_what_to_do() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let output = run(&place, &["search"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("log-service migrate up"), "{}", stderr(&output));
    }
}
