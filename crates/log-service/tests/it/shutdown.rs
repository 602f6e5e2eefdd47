//! The end of the service.

use std::time::Duration;

use test_servers::PostgreSql;

use crate::fixture::{Fixture, PAYMENT, eventually, payment};

#[tokio::test]
async fn sigterm_under_load_stores_what_has_arrived_and_leaves_the_rest_in_the_queue() {
    let place = Fixture::postgresql();
    place.prepare();
    let bodies: Vec<_> = (0..20_000).map(|_| payment()).collect();
    place.publish_payments(&bodies).await;
    let service = place.serve();
    eventually("the first rows", async || place.count("p_payment_log").await > 0).await;
    let stopped = service.stop();
    assert!(stopped.status.success());
    assert!(!stopped.logged("not everything could be stored in time"));

    let stored = place.count("p_payment_log").await;
    assert_eq!(stopped.counted("payment", "stored"), stored.unsigned_abs());
    assert_eq!(stopped.counted("payment", "duplicates"), 0);
    // Nothing that was stored comes again: all of it was acknowledged.
    let left = place.drain(&place.topology.queue(PAYMENT)).await.len();
    assert_eq!(left + usize::try_from(stored).unwrap(), bodies.len());
}

#[tokio::test]
async fn ctrl_c_ends_the_service_in_order() {
    let service = Fixture::sqlite().serve();
    service.signal("INT");
    service.wait().expect_success();
}

#[tokio::test]
async fn the_end_comes_in_time_even_if_the_database_is_away() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let service = place.serve_with(&[("LOG_SERVICE__INGEST__SHUTDOWN_SECONDS", "1")]);
    server.stop();
    place.publish_payments(&[payment()]).await;
    service.wait_for_log("the database is away", 1);
    let stopped = service.stop();
    assert!(stopped.status.success());
    assert_eq!(stopped.counted("payment", "stored"), 0);
    let queue = place.topology.queue(PAYMENT);
    eventually("the event to be back in its queue", async || place.waiting(&queue).await == 1).await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let service = place.serve_with(&[("LOG_SERVICE__INGEST__SHUTDOWN_SECONDS", "3600")]);
    server.stop();
    place.publish_payments(&[payment()]).await;
    service.wait_for_log("the database is away", 1);
    service.signal("TERM");
    service.wait_for_log("a second signal stops at once", 1);
    // Signals of one kind that come together may count as one: so it is sent until it is seen.
    let status = tokio::time::timeout(Duration::from_secs(30), async {
        service.signal("TERM");
        service.wait().status
    });
    assert_eq!(status.await.unwrap().code(), Some(128 + 15));
}
