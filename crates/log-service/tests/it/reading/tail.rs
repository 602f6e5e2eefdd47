use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{events, ids, objects, run, stderr};
use crate::fixture::{Fixture, eventually, payment};

/// What came since a position, and the position after it.
fn tail(place: &Fixture, since: &str) -> (Vec<Value>, String) {
    let output = run(place, &["tail", "--format", "ndjson", "--since", since]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    let position = said.lines().find_map(|line| line.strip_prefix("position: ")).unwrap();
    (objects(&String::from_utf8(output.stdout).unwrap()), position.to_owned())
}

#[tokio::test]
async fn from_the_start_everything_comes_once() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut expected: Vec<_> =
            events::store(&place, 1_100).await.iter().map(events::Event::key).collect();
        let (mut position, mut found) = ("start".to_owned(), Vec::new());
        // An event comes once it is certain that none before it will follow.
        eventually("all events", async || {
            let (entries, after) = tail(&place, &position);
            position = after;
            found.extend(ids(&entries));
            found.len() >= expected.len()
        })
        .await;
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
        assert_eq!(tail(&place, &position), (vec![], position));
    }
}

#[tokio::test]
async fn a_follower_is_shown_what_is_stored_from_now_on() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 2).await;
        let _service = place.serve();
        let (_, position) = tail(&place, "start");
        let mut follower = place
            .command(&["tail", "--follow", "--format", "ndjson", "--domain", "payment"])
            .env("USER", "auditor")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It begins where the log ended when its read was recorded.
        eventually("its record", async || place.count("p_access_log").await == 3).await;
        let event = payment();
        place.publish_payments(std::slice::from_ref(&event)).await;
        let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
        let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(line["id"], event["eventId"]);

        let id = follower.id().to_string();
        assert!(Command::new("kill").args(["-s", "INT", &id]).status().unwrap().success());
        let ended = follower.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", stderr(&ended));
        assert!(stderr(&ended).contains("position: "), "{}", stderr(&ended));
        assert!(lines.next().is_none());
        assert_eq!(
            ids(&tail(&place, &position).0),
            [("payment".to_owned(), event["eventId"].as_str().unwrap().to_owned())]
        );
    }
}

#[tokio::test]
async fn without_a_beginning_nothing_is_shown_but_the_position() {
    let place = Fixture::sqlite();
    events::store(&place, 2).await;
    let output = run(&place, &["tail"]);
    assert!(output.stdout.is_empty());
    let said = stderr(&output);
    let position = said.trim().strip_prefix("position: ").unwrap();
    // Other domains have no events, and are at 0.
    let reached: Vec<_> = position.split(',').filter(|domain| !domain.ends_with(":0")).collect();
    let all: Vec<_> = events::domains().iter().map(|log| format!("{}:2", log.domain())).collect();
    assert_eq!(reached, all);
    let text = run(&place, &["tail", "--since", "start", "--domain", "payment"]);
    insta::assert_snapshot!(String::from_utf8(text.stdout).unwrap());
}
