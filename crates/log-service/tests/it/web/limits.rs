//! What one reader and one address may take.

use std::net::SocketAddr;

use audit_query::access_entity::Entity;
use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::json;
use test_servers::PATIENCE;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{
    Site,
    metrics::value,
    tail::Stream,
    tokens::{AUDITOR, SUPPORT, Tokens},
};
use crate::{
    fixture::{Fixture, eventually, payment, rows},
    large_events::{ask_slowly_with, store_large},
    reading::{events, events::Event},
};

const ROWS: &str = "LOG_SERVICE__READING__SUPPORT_ROWS_PER_DAY";
const MINUTES: &str = "LOG_SERVICE__READING__SUPPORT_TAIL_MINUTES";
const ALL: &str = "/api/v1/logs?from=2025-12-01";

fn site(place: &Fixture, tokens: &Tokens, variables: &[(&str, &str)]) -> Site {
    let path = tokens.path();
    Site::with(place, &[&[("LOG_SERVICE__WEB__TOKENS_FILE", &*path)], variables].concat())
}

/// A follower with a token.
fn follow(site: &Site, token: &str, path: &str) -> Stream {
    Stream::of(site, path, &[("authorization", &format!("Bearer {token}"))])
}

#[tokio::test]
async fn support_is_given_so_many_rows_a_day_and_told_how_many_are_left() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let tokens = Tokens::file();
        let stored = events::store(&place, 1).await;
        let site = site(&place, &tokens, &[(ROWS, "20")]);
        let event = stored.iter().map(Event::key).next().unwrap();
        let one = format!("/api/v1/logs/{}/{}", event.0, event.1);
        for (path, left) in [
            (ALL, 12),
            (&*one, 11),
            ("/api/v1/timeline?q=0&only_key=true&from=2025-12-01", 8),
            ("/search?limit=5&from=2025-12-01", 3),
        ] {
            let answer = site.get_as(SUPPORT, path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            assert_eq!(answer.header("ratelimit-policy"), "\"rows-per-day\";q=20;w=86400");
            let told = format!("\"rows-per-day\";r={left};t=");
            assert!(answer.header("ratelimit").starts_with(&told), "{path}: {}", answer.header("ratelimit"));
        }
        // Numbers are no rows.
        assert_eq!(site.get_as(SUPPORT, "/api/v1/stats?from=2025-12-01").status, 200);

        let refused = site.get_as(SUPPORT, ALL);
        assert_eq!(refused.status, 429, "{}", refused.body);
        let seconds: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=86_401).contains(&seconds), "{seconds}");
        let detail = refused.json()["detail"].to_string();
        for told in ["reading.support_rows_per_day", "at most 20 rows", "3 are left", "has 8", "T00:00:00Z"] {
            assert!(detail.contains(told), "{detail}");
        }
        let page = site.get_as(SUPPORT, "/search?from=2025-12-01");
        assert_eq!(page.status, 429);
        assert!(page.body.contains("You have read as many events as you may today"), "{}", page.body);
        let fewer = site.get_as(SUPPORT, "/search?from=2025-12-01&limit=3");
        assert!(fewer.status == 200 && fewer.body.contains("You may still be given 0 of 20 rows today"));
        assert_eq!(site.get_as(SUPPORT, "/api/v1/logs/tail").status, 429);

        let auditor = site.get_as(AUDITOR, ALL);
        assert_eq!((auditor.status, auditor.header("ratelimit")), (200, ""));
        let metrics = site.get_as(AUDITOR, "/metrics").body;
        assert_eq!(value(&metrics, "log_service_row_budget_refusals_total"), Some(3.0));
    }
}

#[tokio::test]
async fn neither_a_restart_nor_another_replica_forgets_what_a_reader_was_given() {
    let (tokens, place) = (Tokens::file(), Fixture::postgresql());
    events::store(&place, 1).await;
    let variables = [(ROWS, "10")];
    let first = site(&place, &tokens, &variables);
    assert_eq!(first.get_as(SUPPORT, ALL).status, 200);
    let other = site(&place, &tokens, &variables);
    assert_eq!(other.get_as(SUPPORT, ALL).status, 429);
    first.service.stop();
    let again = site(&place, &tokens, &variables);
    assert_eq!(again.get_as(SUPPORT, ALL).status, 429);
    let two = again.get_as(SUPPORT, &format!("{ALL}&limit=2"));
    assert!(two.status == 200 && two.header("ratelimit").contains("r=0;"), "{}", two.header("ratelimit"));
}

#[tokio::test]
async fn following_counts_and_ends_when_nothing_is_left() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let tokens = Tokens::file();
        events::store(&place, 1).await;
        let site = site(&place, &tokens, &[(ROWS, "5")]);
        assert_eq!(follow(&site, SUPPORT, "/api/v1/logs/tail?since=start").count(), 5);
        eventually("the end's record", async || {
            let records = rows::<Entity>(&place.db().await).await;
            records.iter().any(|record| {
                record.action_type == "TAIL_END"
                    && record.rows_read == 5
                    && record.extra == Some(json!({"end": "no_rows_left"}))
            })
        })
        .await;
        assert_eq!(site.get_as(SUPPORT, &format!("{ALL}&limit=1")).status, 429);
    }
}

#[tokio::test]
async fn support_follows_from_some_minutes_back_at_most() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let tokens = Tokens::file();
        events::store(&place, 1).await;
        let site = site(&place, &tokens, &[(MINUTES, "0")]);
        for path in
            ["/api/v1/logs/tail?since=start", "/api/v1/logs/tail?since=payment:0", "/api/v1/logs/tail"]
        {
            let mut stream = follow(&site, SUPPORT, path);
            let event = payment();
            place.publish_payments(std::slice::from_ref(&event)).await;
            assert_eq!(stream.next().unwrap().data["id"], event["eventId"], "{path}");
        }
        assert!(follow(&site, AUDITOR, "/api/v1/logs/tail?since=start").entries(8).len() == 8);
    }
}

#[tokio::test]
async fn what_was_stored_in_the_last_minutes_is_found_behind_much_that_is_older() {
    let (tokens, place) = (Tokens::file(), Fixture::postgresql());
    place.prepare();
    let insert = |count: u32, age: &str| {
        format!(
            "INSERT INTO p_payment_log (id, action_type, actor_type, occurred_at, recorded_at, retry_count)
             SELECT gen_random_uuid(), '{age}', 'SYSTEM', now(), now() - interval '{age}', 0
             FROM generate_series(1, {count})"
        )
    };
    let db = place.db().await;
    db.execute_unprepared(&insert(20_000, "2 hours")).await.unwrap();
    db.execute_unprepared(&insert(3_000, "5 minutes")).await.unwrap();
    let site = site(&place, &tokens, &[]);
    let found = follow(&site, SUPPORT, "/api/v1/logs/tail?since=start").entries(3_000);
    assert!(found.iter().all(|entry| entry["action_type"] == "5 minutes"));
}

#[tokio::test]
async fn one_reader_leaves_room_for_other_followers() {
    let site = Tokens::file().site_alone();
    let held: Vec<_> = (0..8).map(|_| follow(&site, AUDITOR, "/api/v1/logs/tail")).collect();
    let refused = site.get_as(AUDITOR, "/api/v1/logs/tail");
    assert_eq!((refused.status, refused.header("retry-after")), (429, "5"), "{}", refused.body);
    drop(follow(&site, SUPPORT, "/api/v1/logs/tail"));
    drop(held);
    eventually("room again", async || {
        let bearer = format!("Bearer {AUDITOR}");
        let answer = site.request("/api/v1/logs/tail", &[("authorization", &bearer)]).call().unwrap();
        answer.status().as_u16() == 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reader_leaves_room_for_the_questions_of_others() {
    let site = Tokens::file().site_alone();
    let address: SocketAddr = site.url("").trim_start_matches("http://").parse().unwrap();
    let half = format!(
        "POST /api/v1/dead-letters/replay HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {AUDITOR}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    let mut held = silent(address, [127, 0, 0, 9], 64).await;
    for request in &mut held {
        request.write_all(half.as_bytes()).await.unwrap();
    }
    let mut refused = site.get_as(AUDITOR, "/api/v1/domains");
    eventually("a refusal", async || {
        refused = site.get_as(AUDITOR, "/api/v1/domains");
        refused.status == 429
    })
    .await;
    assert_eq!(refused.header("retry-after"), "5");
    assert!(site.get_as(AUDITOR, "/search").body.contains("Too many of your requests at the same time"));
    assert_eq!(site.get_as(SUPPORT, "/api/v1/domains").status, 200);
    drop(held);
    eventually("room again", async || site.get_as(AUDITOR, "/api/v1/domains").status == 200).await;
}

/// Connections that say nothing, from an address of this machine.
async fn silent(to: SocketAddr, from: [u8; 4], count: usize) -> Vec<TcpStream> {
    let connect = |_| async move {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(to).await.unwrap()
    };
    join_all((0..count).map(connect)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reader_leaves_memory_for_the_answers_of_others() {
    let place = Fixture::postgresql();
    store_large(&place, 40).await;
    let tokens = Tokens::file();
    let site = site(&place, &tokens, &[]);
    let bearer = format!("authorization: Bearer {SUPPORT}\r\n");
    let slow = join_all((0..12).map(|_| ask_slowly_with(&site, "/api/v1/logs?limit=33", &bearer))).await;
    eventually("all that he may have to be taken", async || {
        site.get_as(SUPPORT, "/api/v1/logs?limit=1").status == 503
    })
    .await;
    for path in ["/api/v1/logs?limit=1", "/search", "/api/v1/timeline?q=1"] {
        assert_eq!(site.get_as(AUDITOR, path).status, 200, "{path}");
    }
    drop(slow);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_leaves_connections_for_others() {
    let site = Tokens::file().site_alone();
    let address: SocketAddr = site.url("").trim_start_matches("http://").parse().unwrap();
    let held = silent(address, [127, 0, 0, 9], 600).await;
    assert_eq!(site.get_as(AUDITOR, "/api/v1/logs").status, 200);
    let mut one = silent(address, [127, 0, 0, 9], 1).await.remove(0);
    one.write_all(b"GET /api/v1/logs HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, one.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(held);
}
