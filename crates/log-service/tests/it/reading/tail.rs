use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::Value;

use super::{events, ids, objects, run, stderr};
use crate::fixture::{Fixture, count, eventually, payment};

/// What came since a position, and the position after it.
fn tail(place: &Fixture, since: &str) -> (Vec<Value>, String) {
    let output = run(place, &["tail", "--format", "ndjson", "--since", since]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stderr(&output);
    let position = said.lines().find_map(|line| line.strip_prefix("position: ")).unwrap();
    (objects(&String::from_utf8(output.stdout).unwrap()), position.to_owned())
}

/// The position after everything that is stored.
fn end(place: &Fixture) -> String {
    let output = run(place, &["tail"]);
    assert!(output.stdout.is_empty());
    stderr(&output).trim().strip_prefix("position: ").unwrap().to_owned()
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

/// A trigger stops each row of the method `STOPPED` after its number was drawn, until nobody holds the advisory lock.
const STOP_IN_THE_INSERT: &str = "
    CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END';
    CREATE TRIGGER stop BEFORE INSERT ON p_payment_log FOR EACH ROW
        WHEN (NEW.method = 'STOPPED') EXECUTE FUNCTION stop()";

/// An insert as SQL, of the next number or one that was drawn before.
fn insert(method: &str, seq: &str) -> String {
    format!(
        "INSERT INTO p_payment_log (id, seq, action_type, actor_type, occurred_at, method)
        VALUES (gen_random_uuid(), {seq}, 'CONFIRM', 'SYSTEM', '2025-12-06T11:00:29Z', '{method}')"
    )
}

const NEXT: &str = "nextval('p_payment_log_seq')";

/// Follows from a position until `release` was called and the methods of both events were given, which it returns in the
/// order in which they came. Before the release, followers have looked a few times.
async fn followed(place: &Fixture, mut position: String, release: impl AsyncFnOnce()) -> Vec<Value> {
    let (mut release, mut found) = (Some(release), Vec::new());
    let mut looks = 0;
    eventually("both events", async || {
        let (entries, after) = tail(place, &position);
        position = after;
        found.extend(entries.iter().map(|entry| entry["details"]["method"].clone()));
        looks += 1;
        if looks == 4
            && let Some(release) = release.take()
        {
            assert_eq!(found, Vec::<Value>::new(), "an event that another one can still precede");
            release().await;
        }
        found.len() >= 2
    })
    .await;
    found
}

#[tokio::test]
async fn a_writer_that_stops_in_its_insert_is_not_overtaken() {
    let place = Fixture::postgresql();
    events::store(&place, 4).await;
    let position = end(&place);
    let (holder, stopped, db) = (place.db().await, place.db().await, place.db().await);
    db.execute_unprepared(STOP_IN_THE_INSERT).await.unwrap();
    let hold = holder.begin().await.unwrap();
    hold.execute_unprepared("SELECT pg_advisory_xact_lock(7)").await.unwrap();
    let stopping = tokio::spawn(async move { stopped.execute_unprepared(&insert("STOPPED", NEXT)).await });
    let waiting = "(SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = 7
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS waiting";
    eventually("the writer to stop", async || count(&db, waiting).await == 1).await;

    db.execute_unprepared(&insert("LATER", NEXT)).await.unwrap();
    let found = followed(&place, position, async || {
        hold.commit().await.unwrap();
        stopping.await.unwrap().unwrap();
    })
    .await;
    assert_eq!(found, ["STOPPED", "LATER"]);
}

#[tokio::test]
async fn a_number_that_was_drawn_before_its_row_is_not_overtaken() {
    let place = Fixture::postgresql();
    events::store(&place, 4).await;
    let position = end(&place);
    let (drawer, db) = (place.db().await, place.db().await);
    let drawn = drawer.begin().await.unwrap();
    drawn.execute_unprepared(&format!("SELECT {NEXT}")).await.unwrap();

    db.execute_unprepared(&insert("LATER", NEXT)).await.unwrap();
    let found = followed(&place, position, async || {
        drawn.execute_unprepared(&insert("DRAWN", "currval('p_payment_log_seq')")).await.unwrap();
        drawn.commit().await.unwrap();
    })
    .await;
    assert_eq!(found, ["DRAWN", "LATER"]);
}

#[tokio::test]
async fn without_a_beginning_nothing_is_shown_but_the_position() {
    let place = Fixture::sqlite();
    events::store(&place, 2).await;
    let position = end(&place);
    // Other domains have no events, and are at 0.
    let reached: Vec<_> = position.split(',').filter(|domain| !domain.ends_with(":0")).collect();
    let all: Vec<_> = events::domains().iter().map(|log| format!("{}:2", log.domain())).collect();
    assert_eq!(reached, all);
    let text = run(&place, &["tail", "--since", "start", "--domain", "payment"]);
    insta::assert_snapshot!(String::from_utf8(text.stdout).unwrap());
}
