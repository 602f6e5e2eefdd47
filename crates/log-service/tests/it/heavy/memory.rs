//! Messages that are large, or become large: the service's memory stays bounded.

use audit_core::Domain;
use futures::future::join_all;
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use test_servers::{RawMessage, RawPublisher, Running};

use crate::{
    dead_letters::{answer, list, wait_for},
    encodings::gzip,
    fixture::{Fixture, PAYMENT, RABBITMQ, header_of, payment, payment_with},
    import::{Original, import_command, places},
    partitions::hold_up,
    reading::events::domains,
    spring_batches::{batch, framed, nothing_waits},
    web::Site,
};

/// What the service may take in these tests, in MiB. With everything that waits in memory, each would take more.
const BOUND: u64 = 400;

/// Fills the queues of all domains with so many bodies each.
async fn fill(place: &Fixture, count: usize, body: impl Fn() -> String) {
    let filling = domains().into_iter().map(async |log| {
        for _ in 0..count.div_ceil(10) {
            let some: Vec<_> = (0..10).map(|_| place.message(log.domain(), body())).collect();
            place.publish(&some).await;
        }
    });
    join_all(filling).await;
}

fn large_event() -> String {
    payment_with(json!({"note": "x".repeat(255_000)})).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_queues_of_large_events_are_held_in_a_bound() {
    let place = Fixture::postgresql();
    place.prepare();
    fill(&place, 120, large_event).await;
    // Nothing is stored for a while: whatever is delivered is held.
    let db = place.db().await;
    let blocking = db.begin().await.unwrap();
    for log in domains() {
        blocking.execute_unprepared(&format!("LOCK TABLE {} IN SHARE MODE", log.table().name)).await.unwrap();
    }
    let service = place.serve_with(&[("LOG_SERVICE__DATABASE__TIMEOUT_SECONDS", "2")]);
    service.wait_for_log("holding a batch", domains().len());
    blocking.rollback().await.unwrap();
    for log in domains() {
        place.wait_for_rows(log.table().name, 120).await;
    }
    assert!(service.peak_memory_mib() < BOUND, "{} MiB", service.peak_memory_mib());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_small_numbers_is_no_bomb() {
    let place = Fixture::sqlite();
    place.prepare();
    // Each number takes two bytes on the wire, and some sixty when it is read.
    let zeros = format!("[{}0]", "0,".repeat(125_000));
    let bomb = || {
        let body = payment().to_string();
        format!("{},\"zeros\":{zeros}}}", body.trim_end_matches('}'))
    };
    fill(&place, 10, bomb).await;
    let service = place.serve();
    for log in domains() {
        place.wait_for_rows(log.table().name, 10).await;
    }
    assert!(service.peak_memory_mib() < BOUND, "{} MiB", service.peak_memory_mib());
}

#[tokio::test]
async fn numbers_that_grow_when_they_are_written_out_are_refused() {
    let place = Fixture::postgresql();
    let service = place.serve();
    let numbers = vec!["1e1000"; 36_000].join(",");
    let body = payment().to_string();
    let bomb = format!("{},\"n\":[{numbers}]}}", body.trim_end_matches('}'));
    assert!(bomb.len() < 262_144);
    place.publish(&[place.message(PAYMENT, bomb)]).await;
    place.publish_payments(&[payment_with(json!({"amount": 1e300}))]).await;
    let letters = place.dead_letters(PAYMENT, 1).await;
    assert_eq!(header_of(&letters[0], "x-audit-reason").as_deref(), Some("too_large"));
    assert!(header_of(&letters[0], "x-exception-message").unwrap().contains("written out"));
    place.wait_for_rows("p_payment_log", 1).await;
    service.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_dead_letters_are_made_and_looked_at_in_a_bound() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    let body = vec![b'x'; 10 * 1024 * 1024];
    for domain in [PAYMENT, Domain::new("user")] {
        let mut publisher = RawPublisher::connect(RABBITMQ.port()).unwrap();
        for _ in 0..12 {
            publisher
                .publish(&RawMessage {
                    exchange: place.topology.exchange().into(),
                    routing_key: domain.routing_key().into(),
                    properties: vec![0, 0],
                    body: body.clone(),
                })
                .unwrap();
        }
        wait_for(&place, domain, 12).await;
    }
    let counts = &list(&place)["counts"];
    assert_eq!((&counts[0]["letters"], &counts[1]["letters"]), (&json!(12), &json!(12)));
    assert_eq!(site.json("/api/v1/dead-letters")["total"], 24);
    assert!(answer(&place, &["export", "--domain", "user"]).len() > 12 * body.len());
    let service = &site.service;
    assert!(service.peak_memory_mib() < BOUND, "{} MiB", service.peak_memory_mib());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_batches_that_wait_are_unpacked_as_far_as_there_is_room() {
    const BATCHES: u32 = 40;
    let place = Fixture::postgresql();
    let service = place.serve();
    let session = hold_up(&place).await;
    // Each takes some ten kilobytes on the wire, and almost four megabytes when it is unpacked.
    let event = || {
        let changes = json!({"note": "x".repeat(250_000), "occurredAt": "2021-05-07T00:00:00Z"});
        payment_with(changes).to_string()
    };
    let messages: Vec<_> =
        (0..BATCHES).map(|_| batch(&place, "gzip", gzip(framed((0..15).map(|_| event()))))).collect();
    place.publish(&messages).await;
    // Each try takes a second, in which all of them could be unpacked.
    service.wait_for_log("slow statement", 4);
    session.rollback().await.unwrap();
    place.wait_for_rows("p_payment_log", 1 + 15 * i64::from(BATCHES)).await;
    assert!(service.peak_memory_mib() < 200, "{} MiB", service.peak_memory_mib());
    service.stop().expect_success();
    assert!(nothing_waits(&place).await);
}

#[tokio::test]
async fn values_larger_than_any_of_ours_are_named_within_a_bound_of_memory() {
    let original = Original::new();
    original.run(
        "ALTER TABLE log_service.p_payment_log ALTER COLUMN method TYPE text;
        INSERT INTO log_service.p_payment_log
        SELECT gen_random_uuid(), gen_random_uuid(), repeat('x', 1000000), 0, 'CONFIRM', 'SYSTEM', NULL, '2025-12-01'
        FROM generate_series(1, 400)",
    );
    let [place, _] = places();
    let ended = Running::start(import_command(&place, &original, &["--domain", "payment"])).wait();
    assert_eq!(ended.status.code(), Some(1));
    assert!((1..400).contains(&ended.peak_memory_mib), "{} MiB", ended.peak_memory_mib);
}
