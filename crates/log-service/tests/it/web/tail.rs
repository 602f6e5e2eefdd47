use std::{
    io::{BufRead, BufReader},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::Value;
use test_servers::PostgreSql;
use ureq::BodyReader;

use super::Site;
use crate::{
    fixture::{Fixture, eventually, payment},
    reading::{events, ids},
};

const FROM_THE_START: &str = "/api/v1/logs/tail?since=start";

/// A stream of server-sent events.
pub struct Stream(BufReader<BodyReader<'static>>);

/// A server-sent event.
pub struct Sent {
    id: String,
    event: String,
    pub data: Value,
}

impl Stream {
    pub fn of(site: &Site, path: &str, headers: &[(&str, &str)]) -> Self {
        let answer = site.request(path, headers).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        Self(BufReader::new(answer.into_body().into_reader()))
    }

    pub fn entries(self, count: usize) -> Vec<Value> {
        self.take(count).map(|sent| sent.data).collect()
    }
}

impl Iterator for Stream {
    type Item = Sent;

    /// The next event; comments, which keep the connection alive, are passed over.
    fn next(&mut self) -> Option<Sent> {
        let (mut id, mut event, mut data) = (None, None, None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", text)) => id = Some(text.to_owned()),
                Some(("event", text)) => event = Some(text.to_owned()),
                Some(("data", text)) => data = Some(serde_json::from_str(text).unwrap()),
                _ if data.is_some() => return Some(Sent { id: id?, event: event?, data: data? }),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn from_the_start_every_event_comes_once() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut expected: Vec<_> = events::store(&place, 150).await.iter().map(events::Event::key).collect();
        let site = Site::of(&place);
        let mut found = ids(&Stream::of(&site, FROM_THE_START, &[]).entries(expected.len()));
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn whoever_comes_back_with_the_last_id_goes_on_after_it() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut expected: Vec<_> = events::store(&place, 4).await.iter().map(events::Event::key).collect();
        let site = Site::of(&place);
        for stop_after in [1, 5, 30] {
            let first: Vec<_> = Stream::of(&site, FROM_THE_START, &[]).take(stop_after).collect();
            assert!(first.iter().all(|sent| sent.event == "log"));
            let last = first.last().unwrap().id.clone();
            let rest = expected.len() - stop_after;
            // Browsers send the address as it was, with the header beside it.
            let second = Stream::of(&site, FROM_THE_START, &[("last-event-id", &last)]).entries(rest);
            let entries: Vec<_> = first.into_iter().map(|sent| sent.data).chain(second).collect();
            let mut found = ids(&entries);
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{stop_after}");
        }
    }
}

#[tokio::test]
async fn a_filter_holds_for_followers_too() {
    let place = Fixture::sqlite();
    events::store(&place, 4).await;
    let site = Site::of(&place);
    let entries =
        Stream::of(&site, &format!("{FROM_THE_START}&domain=user&actor_type=SYSTEM"), &[]).entries(2);
    assert!(entries.iter().all(|entry| entry["domain"] == "user" && entry["actor_type"] == "SYSTEM"));
}

#[tokio::test]
async fn a_follower_is_sent_what_is_published_from_now_on() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 2).await;
        let site = Site::of(&place);
        let mut stream = Stream::of(&site, "/api/v1/logs/tail", &[]);
        let event = payment();
        place.publish_payments(std::slice::from_ref(&event)).await;
        assert_eq!(stream.next().unwrap().data["id"], event["eventId"]);
    }
}

#[tokio::test]
async fn a_follower_does_not_hold_up_the_end_of_the_service() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let site = Site::of(&place);
    let mut stream = Stream::of(&site, FROM_THE_START, &[]);
    assert!(stream.next().is_some());
    let asked = Instant::now();
    let stopped = site.service.stop();
    assert!(stopped.status.success());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(!stopped.logged("connections of readers were cut"));
    // In order: what was read before the end is all there is.
    assert_eq!(stream.count(), 7);
}

#[tokio::test]
async fn when_a_follower_leaves_it_is_recorded_how_much_he_was_sent() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let site = Site::of(&place);
    assert_eq!(Stream::of(&site, FROM_THE_START, &[]).entries(8).len(), 8);
    eventually("the end's record", async || {
        let ends = site.json("/api/v1/access?action_type=TAIL_END");
        ends["items"].as_array().unwrap().iter().any(|end| end["details"]["rows_read"] == 8)
    })
    .await;
}

fn insert(table: &str) -> String {
    format!(
        "INSERT INTO {table} (id, action_type, actor_type, occurred_at)
        VALUES (gen_random_uuid(), 'BY_HAND', 'SYSTEM', '2025-12-06T11:00:29Z')"
    )
}

#[tokio::test]
async fn a_transaction_that_stays_open_holds_up_the_followers_of_its_table_alone() {
    let place = Fixture::postgresql();
    // Both tables have the partition of the month.
    let stored = events::store(&place, 1).await.len();
    let db = place.db().await;
    let open = place.db().await.begin().await.unwrap();
    open.execute_unprepared(&insert("p_product_log")).await.unwrap();
    let site = Site::of(&place);
    let mut stream = Stream::of(&site, FROM_THE_START, &[]);
    let before = place.count("p_product_log").await;

    // It holds up nobody who stores.
    for table in ["p_product_log", "p_user_log"] {
        db.execute_unprepared(&insert(table)).await.unwrap();
    }
    place.wait_for_rows("p_product_log", before + 1).await;
    // All but the events of the table.
    let others: Vec<_> = stream.by_ref().take(stored).map(|sent| sent.data).collect();
    assert!(others.iter().all(|entry| entry["domain"] != "product"), "{others:?}");
    assert!(others.iter().any(|entry| entry["domain"] == "user" && entry["action_type"] == "BY_HAND"));
    open.commit().await.unwrap();
    let held_up: Vec<_> = stream.take(3).map(|sent| sent.data).collect();
    assert!(held_up.iter().all(|entry| entry["domain"] == "product"), "{held_up:?}");
}

#[tokio::test]
async fn followers_share_what_is_found_out_for_them() {
    const FOLLOWERS: usize = 8;
    let server = PostgreSql::start_with("log_statement = all");
    let place = Fixture::postgresql_on(&server);
    events::store(&place, 1).await;
    let site = Site::of(&place);
    let _streams: Vec<_> = (0..FOLLOWERS).map(|_| Stream::of(&site, "/api/v1/logs/tail", &[])).collect();
    let looks = || server.psql("SELECT pg_read_file('log')").matches("FROM pg_locks").count();
    let (before, begin) = (looks(), Instant::now());
    eventually("followers to look", async || looks() >= before + FOLLOWERS).await;
    // Each of them asks twice a second.
    assert!(begin.elapsed() > Duration::from_millis(1_500), "{:?}", begin.elapsed());
}
