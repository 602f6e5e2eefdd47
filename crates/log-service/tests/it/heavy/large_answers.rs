//! Events that are large, or become large when they are read: answers are bounded, and so is the service's memory.

use std::{collections::BTreeSet, io, thread, time::Duration};

use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use test_servers::PATIENCE;
use tokio::{io::AsyncReadExt, net::TcpStream};
use ureq::Agent;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, PAYMENT, eventually, payment},
    large_events::{LARGE, ask_slowly_with, store_large},
    reading::{events::domains, objects, read},
    web::Site,
};

/// Larger than each of the pages that are asked for.
const PAGE: usize = 8 << 20;
/// What the service may take in these tests, in MiB.
const BOUND: u64 = 400;

/// Fills the payments with so many rows, whose `extra` is an expression of SQL.
async fn insert(place: &Fixture, count: usize, extra: &str) {
    let sql = format!(
        "INSERT INTO p_payment_log (id, action_type, actor_type, occurred_at, retry_count, extra)
         SELECT gen_random_uuid(), 'CONFIRM', 'SYSTEM', now() - n * interval '1 second', 0, {extra}
         FROM generate_series(1, {count}) AS n"
    );
    place.db().await.execute_unprepared(&sql).await.unwrap();
}

fn ids(items: &[Value]) -> impl Iterator<Item = String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned())
}

fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_large_events_end_earlier_and_nothing_is_left_out() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let stored = store_large(&place, 80).await;
        let site = Site::of(&place);
        for order in ["newest", "oldest"] {
            let mut address = format!("/api/v1/logs?limit=500&order={order}");
            let mut found = Vec::new();
            loop {
                let page = site.json(&address);
                let some: Vec<_> = ids(items(&page)).collect();
                assert!((1..=PAGE / LARGE).contains(&some.len()), "{}", some.len());
                found.extend(some);
                let Some(next) = page["next_cursor"].as_str() else {
                    let back = page["previous_cursor"].as_str().unwrap();
                    let before = site.json(&format!("/api/v1/logs?limit=500&cursor={back}"));
                    let end = found.len() - items(&page).len();
                    let shown: Vec<_> = ids(items(&before)).collect();
                    assert_eq!(shown, found[end - shown.len()..end]);
                    break;
                };
                address = format!("/api/v1/logs?limit=500&order={order}&cursor={next}");
            }
            assert!(found.is_sorted() == (order == "oldest"));
            assert!(found.len() == stored.len() && found.into_iter().collect::<BTreeSet<_>>() == stored);
        }
        let story = site.json(&format!("/api/v1/timeline?q={}", Uuid::from_u128(7)));
        assert_eq!(story["is_cut"], true);
        assert_eq!(items(&story).last().unwrap()["id"].as_str(), stored.last().map(String::as_str));

        let exported = site.get("/api/v1/logs/export?format=ndjson").text().to_owned();
        let tailed = read(&place, &["tail", "--since", "start", "--format", "ndjson"]);
        for lines in [exported, tailed] {
            assert!(ids(&objects(&lines)).collect::<BTreeSet<_>>() == stored);
        }
        let service = &site.service;
        assert!(service.peak_memory_mib() < BOUND, "{} MiB", service.peak_memory_mib());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_no_answer_has_room_for_are_told_without_what_is_too_large() {
    let place = Fixture::postgresql();
    place.prepare();
    // 36 MB of text each, from when such events were taken.
    let numbers =
        "(SELECT jsonb_build_object('n', jsonb_agg(1e1000::numeric)) FROM generate_series(1, 36000))";
    insert(&place, 6, numbers).await;
    insert(&place, 1, "'{\"note\": \"좌석\"}'").await;
    let site = Site::of(&place);
    let page = site.json("/api/v1/logs?limit=30");
    let extras: Vec<_> = items(&page).iter().map(|item| &item["extra"]).collect();
    assert_eq!(extras.len(), 7);
    let left_out = extras.iter().filter(|extra| {
        extra["leftOut"].as_str().is_some_and(|told| told.contains("reading.max_page_bytes"))
    });
    assert_eq!(left_out.count(), 6);
    assert!(extras.contains(&&json!({"note": "좌석"})));
    let service = &site.service;
    assert!(service.peak_memory_mib() < BOUND, "{} MiB", service.peak_memory_mib());
}

/// Asks, and takes no more than a little of the answer.
async fn ask_slowly(site: &Site, path: &str) -> TcpStream {
    ask_slowly_with(site, path, "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_of_the_largest_pages_are_refused_rather_than_held_without_a_bound() {
    let place = Fixture::postgresql();
    place.prepare();
    insert(&place, 40, &format!("jsonb_build_object('note', repeat('x', {LARGE}))")).await;
    let site = Site::with(&place, &[("LOG_SERVICE__READING__MAX_ANSWER_BYTES", "33554432")]);
    // Three such pages leave no room for one that is yet to be read.
    let mut readers = Vec::new();
    eventually("no room", async || {
        let mut reader = ask_slowly(&site, "/api/v1/logs?limit=500").await;
        let mut head = [0; 12];
        reader.read_exact(&mut head).await.unwrap();
        readers.push(reader);
        &head == b"HTTP/1.1 503"
    })
    .await;
    assert!(readers.len() <= 4, "{}", readers.len());
    let refused = site.get("/api/v1/logs");
    assert!(refused.status == 503 && refused.text().contains("reading.max_answer_bytes"));
    assert_eq!(site.get("/search").status, 503);
    assert_eq!(site.get("/health/live").status, 200);
    // As many more as there are connections: they are refused, or not answered, but hold nothing.
    let more = join_all((0..600).map(|_| ask_slowly(&site, "/api/v1/logs?limit=500"))).await;
    assert_eq!(site.get("/health/live").status, 200);
    let peak = site.service.peak_memory_mib();
    assert!(peak < BOUND, "{peak} MiB");
    drop((readers, more));
    eventually("room again", async || site.get("/api/v1/logs").status == 200).await;
}

/// Takes a little of an answer now and then, until nothing more comes: how much that was.
async fn take_slowly(mut reader: TcpStream) -> usize {
    let (mut taken, mut piece) = (0, [0; 4096]);
    loop {
        match reader.read(&mut piece).await {
            Ok(0) | Err(_) => return taken,
            Ok(some) => taken += some,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_an_answer_little_by_little_is_cut_off() {
    let place = Fixture::postgresql();
    store_large(&place, 80).await;
    let site = Site::with(&place, &[("LOG_SERVICE__READING__ANSWER_SECONDS", "2")]);
    let ask = async |path| take_slowly(ask_slowly(&site, path).await).await;
    let paths = ["/api/v1/logs?limit=500", "/search?limit=500", "/api/v1/logs/export?format=ndjson"];
    let taken = tokio::time::timeout(PATIENCE, join_all(paths.map(ask))).await.unwrap();
    // At 80 KB a second, all of it would take two minutes and more.
    assert!(taken.iter().all(|taken| (1..PAGE / 4).contains(taken)), "{taken:?}");

    // Of what goes on by itself, each part has this time.
    let following = ask_slowly(&site, "/api/v1/logs/tail?since=start").await;
    let taken = tokio::time::timeout(PATIENCE, take_slowly(following)).await.unwrap();
    assert!((1..PAGE / 4).contains(&taken), "{taken}");
}

/// Asks again and again, until there were so many answers.
fn ask_on(url: &str, times: usize) {
    let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
    let agent: Agent = config.build().into();
    let mut answers = 0;
    while answers < times {
        let mut answer = agent.get(url).call().unwrap();
        io::copy(&mut answer.body_mut().as_reader(), &mut io::sink()).unwrap();
        match answer.status().as_u16() {
            200 => answers += 1,
            503 => {}
            other => panic!("{url}: {other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heaviest_questions_keep_no_event_from_being_stored() {
    let place = Fixture::postgresql();
    place.prepare();
    // As a tree of values, these would take thirty times as much.
    insert(&place, 50, "(SELECT jsonb_build_object('n', jsonb_agg(0)) FROM generate_series(1, 80000))").await;
    let site = Site::of(&place);
    let heaviest = ["/api/v1/logs?limit=500", "/search?limit=500", "/api/v1/logs/export?format=ndjson"];
    let readers: Vec<_> = heaviest
        .iter()
        .chain(&heaviest)
        .map(|path| site.url(path))
        .map(|url| thread::spawn(move || ask_on(&url, 1)))
        .collect();
    let mut each = 0;
    while each < 20 || !readers.iter().all(thread::JoinHandle::is_finished) {
        let events: Vec<_> =
            domains().iter().map(|log| place.message(log.domain(), payment().to_string())).collect();
        place.publish(&events).await;
        each += 1;
    }
    for reader in readers {
        reader.join().unwrap();
    }
    for log in domains() {
        let before = if log.domain() == PAYMENT { 50 } else { 0 };
        place.wait_for_rows(log.table().name, before + each).await;
    }
    let metrics = site.get("/metrics");
    let is_restart = |line: &&str| line.starts_with("log_service_consumer_restarts_total");
    let restarts: Vec<_> = metrics.text().lines().filter(is_restart).collect();
    assert!(
        !restarts.is_empty() && restarts.iter().all(|line| line.ends_with(" 0")),
        "{:#?}",
        site.service.log()
    );
    let peak = site.service.peak_memory_mib();
    assert!(peak < BOUND, "{peak} MiB");
    let stopped = site.service.stop();
    assert!(!stopped.logged("not consuming") && !stopped.logged("not connected"));
}
