//! What goes wrong around the service: nothing is lost, doubled or dead-lettered.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use lapin::options::QueueDeleteOptions;
use test_servers::{PostgreSql, Running};
use tokio::{io::AsyncReadExt, net::TcpListener};

use crate::{
    fixture::{Fixture, PAYMENT, RABBITMQ, eventually, payment},
    load::Load,
};

async fn nothing_lost_or_dead_lettered(place: &Fixture, confirmed: i64) {
    // Each event is stored once: the primary key sees to that.
    place.wait_for_rows("p_payment_log", confirmed).await;
    assert_eq!(place.waiting(&place.topology.dead_letter_queue(PAYMENT)).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_is_away_for_some_time_under_load() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let service = place.serve();
    let load = Load::on(&place, &[PAYMENT]);
    load.wait_for(1000).await;
    server.stop();
    service.wait_for_log("the database is away", 1);
    load.wait_for(3000).await;
    server.start_again();
    service.wait_for_log("the database is back", 1);
    load.wait_for(1000).await;
    nothing_lost_or_dead_lettered(&place, load.stop().await).await;
    service.stop().expect_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_sessions_of_the_database_are_ended_under_load() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let service = place.serve();
    let load = Load::on(&place, &[PAYMENT]);
    for _ in 0..10 {
        load.wait_for(200).await;
        server.psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'log-service'",
        );
    }
    nothing_lost_or_dead_lettered(&place, load.stop().await).await;
    service.stop().expect_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_connections_of_the_broker_are_closed_under_load() {
    let mut place = Fixture::postgresql();
    place.broker.vhost = "closing".to_owned();
    RABBITMQ.ctl(&["add_vhost", "closing"]);
    RABBITMQ.ctl(&["set_permissions", "--vhost", "closing", "guest", ".*", ".*", ".*"]);
    let service = place.serve();
    let load = Load::on(&place, &[PAYMENT]);
    for round in 1..=3 {
        load.wait_for(500).await;
        RABBITMQ.ctl(&["close_all_connections", "--vhost", "closing", "bye"]);
        service.wait_for_log("domains are consuming", round + 1);
    }
    load.wait_for(500).await;
    nothing_lost_or_dead_lettered(&place, load.stop().await).await;
    service.stop().expect_success();
}

#[tokio::test]
async fn a_queue_that_was_deleted_is_made_and_consumed_again() {
    let place = Fixture::sqlite();
    let service = place.serve();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.queue_delete(place.topology.queue(PAYMENT).into(), QueueDeleteOptions::default()).await.unwrap();
    service.wait_for_log("domains are consuming", 2);
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 2).await;
}

#[tokio::test]
async fn the_service_waits_for_a_database_that_starts_later() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    server.stop();
    let service = Running::start(place.command(&[]));
    service.wait_for_log("waiting for it", 1);
    server.start_again();
    service.wait_until_consuming();
}

#[tokio::test]
async fn the_service_waits_for_a_broker_that_is_away() {
    let place = Fixture::sqlite();
    let mut command = place.command(&[]);
    // A port that nothing listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    command.env("RABBITMQ_PORT", port.to_string());
    let service = Running::start(command);
    service.wait_for_log("not connected to the broker", 2);
    service.stop().expect_success();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tries_to_reach_a_broker_that_says_nothing_leave_nothing_behind() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let (accepted, open) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let (accepting, holding) = (Arc::clone(&accepted), Arc::clone(&open));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = silent.accept().await {
            accepting.fetch_add(1, Relaxed);
            holding.fetch_add(1, Relaxed);
            let holding = Arc::clone(&holding);
            tokio::spawn(async move {
                while client.read(&mut [0; 64]).await.is_ok_and(|length| length > 0) {}
                holding.fetch_sub(1, Relaxed);
            });
        }
    });
    let place = Fixture::sqlite();
    let mut command = place.command(&[]);
    command
        .env("RABBITMQ_PORT", port.to_string())
        .env("LOG_SERVICE__RABBITMQ__TIMEOUT_SECONDS", "1")
        .env("LOG_SERVICE__INGEST__MAX_PAUSE_SECONDS", "1");
    let service = Running::start(command);
    service.wait_for_log("not connected to the broker", 1);
    let threads = service.threads();
    service.wait_for_log("not connected to the broker", 4);
    assert!(accepted.load(Relaxed) >= 4);
    eventually("all tries but one to be over", async || open.load(Relaxed) <= 1).await;
    eventually("their threads to be over", async || service.threads() <= threads + 1).await;
}
