//! How the service is, as a container's platform asks it.

use lapin::{options::BasicConsumeOptions, types::FieldTable};
use serde_json::Value;
use test_servers::{PostgreSql, Running};

use super::{Answer, Site, tokens};
use crate::fixture::{Fixture, PAYMENT, eventually, payment};

/// What is down, given that the answer's status says whether anything is.
fn down(answer: &Answer) -> Vec<String> {
    let health = answer.json();
    let components = health["components"].as_object().unwrap();
    let is_down = |component: &&Value| component["status"] == "DOWN";
    let down = components.iter().filter(|(_, component)| is_down(component));
    let down: Vec<_> = down.map(|(name, _)| name.clone()).collect();
    assert!(components.values().all(|component| component["seconds"].is_u64()), "{health}");
    assert_eq!(health["status"], if down.is_empty() { "UP" } else { "DOWN" });
    assert_eq!(answer.status, if down.is_empty() { 200 } else { 503 });
    down
}

async fn wait_until_down(site: &Site, parts: &[&str]) {
    eventually(&format!("{parts:?} to be down"), async || down(&site.get("/health/ready")) == parts).await;
}

#[tokio::test]
async fn a_service_that_stores_is_ready_and_names_what_it_needs() {
    let site = Site::alone(&[]);
    let answer = site.get("/health/ready");
    assert_eq!(down(&answer), [] as [&str; 0]);
    let names: Vec<_> = answer.json()["components"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in ["broker", "database", "consumer-payment", "consumer-reservation-seat"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    assert_eq!(site.json("/health/live")["status"], "UP");
}

#[tokio::test]
async fn without_a_broker_it_lives_and_is_not_ready() {
    let place = Fixture::sqlite();
    let mut command = place.command(&[]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    command.env("RABBITMQ_PORT", port.to_string());
    let site = Site::on(Running::start(command));
    let missing = down(&site.get("/health/ready"));
    assert_eq!((missing.len(), missing[0].as_str()), (9, "broker"), "{missing:?}");
    assert_eq!(site.get("/health/live").status, 200);
}

#[tokio::test]
async fn without_its_database_it_is_not_ready_until_it_is_back() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let site = Site::of(&place);
    server.stop();
    wait_until_down(&site, &["database"]).await;
    server.start_again();
    wait_until_down(&site, &[]).await;
}

#[tokio::test]
async fn a_database_that_answers_and_does_not_take_events_is_down() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let site = Site::of(&place);
    let database = place.url.rsplit('/').next().unwrap();
    server.psql_in(database, "ALTER TABLE audit.p_payment_log RENAME TO elsewhere");
    place.publish_payments(&[payment()]).await;
    wait_until_down(&site, &["database"]).await;
    server.psql_in(database, "ALTER TABLE audit.elsewhere RENAME TO p_payment_log");
    wait_until_down(&site, &[]).await;
}

#[tokio::test]
async fn a_queue_that_is_not_consumed_is_named() {
    let place = Fixture::sqlite();
    place.prepare();
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let alone = BasicConsumeOptions { exclusive: true, ..Default::default() };
    let queue = place.topology.queue(PAYMENT);
    // lapin cancels a consumer that is dropped.
    let _alone =
        channel.basic_consume(queue.into(), "alone".into(), alone, FieldTable::default()).await.unwrap();
    let site = Site::on(Running::start(place.command(&[])));
    wait_until_down(&site, &["consumer-payment"]).await;
    connection.close(200, "".into()).await.unwrap();
    wait_until_down(&site, &[]).await;
}

#[tokio::test]
async fn health_is_for_everybody_and_metrics_are_for_operators() {
    let (tokens, place) = (tokens::Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    for (token, status) in [(tokens::OPS, 200), (tokens::AUDITOR, 200), (tokens::SUPPORT, 403)] {
        assert_eq!(site.get_as(token, "/metrics").status, status, "{token}");
    }
    assert_eq!(site.get("/metrics").status, 401);
    // So many that this address would have to wait.
    for _ in 0..11 {
        site.get_as("tka_guessed", "/api/v1/logs");
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(site.get(path).status, 200, "{path}");
        assert_eq!(site.get_as("tka_guessed", path).status, 200, "{path}");
        assert_eq!(site.get_with(path, &[("host", "log-service.example")]).status, 200, "{path}");
    }
    assert_eq!(place.count("p_access_log").await, 0);
}

#[tokio::test]
async fn everything_is_also_where_spring_has_it() {
    let site = Site::alone(&[]);
    for (ours, springs) in [
        ("/health/ready", "/actuator/health"),
        ("/health/live", "/actuator/health/liveness"),
        ("/health/ready", "/actuator/health/readiness"),
        ("/metrics", "/actuator/prometheus"),
    ] {
        let (ours, springs) = (site.get(ours), site.get(springs));
        assert_eq!((springs.status, springs.header("content-type")), (200, ours.header("content-type")));
    }
}

#[tokio::test]
async fn the_command_asks_the_service_of_its_configuration() {
    let place = Fixture::sqlite();
    let ask = |bind: &str| place.command(&["health"]).env("LOG_SERVICE__WEB__BIND", bind).output().unwrap();
    let site = Site::of(&place);
    let address = site.address.trim_start_matches("http://").to_owned();
    let answer = ask(&address);
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    assert_eq!(serde_json::from_slice::<Value>(&answer.stdout).unwrap()["status"], "UP");
    // Listening everywhere, it is asked here.
    let port = address.rsplit(':').next().unwrap();
    assert_eq!(ask(&format!("0.0.0.0:{port}")).status.code(), Some(0));
    drop(site);
    assert_eq!(ask(&address).status.code(), Some(1));
    let output = ask("");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("web.bind is empty"), "{output:?}");
}
