//! How the service is, as a container's platform asks it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use audit_query::access_entity::Entity;
use lapin::{options::BasicConsumeOptions, types::FieldTable};
use serde_json::Value;
use test_servers::{PATIENCE, PostgreSql, Running};

use super::{Answer, Site, metrics::value, tokens};
use crate::{
    fixture::{Fixture, PAYMENT, RABBITMQ, eventually, payment, rows, unique_name},
    samples::domains,
};

const STORING: &str = "/health/ingest";
const READING: &str = "/health/ready";
const WHOLE: &str = "/health";

/// What is down, given that the answer's status says whether anything is, and that there is a reason for each.
fn down(answer: &Answer) -> Vec<String> {
    let health = answer.json();
    let components = health["components"].as_object().unwrap();
    let is_down = |component: &&Value| component["status"] == "DOWN";
    let down = components.iter().filter(|(_, component)| is_down(component));
    let down: Vec<_> = down.map(|(name, _)| name.clone()).collect();
    assert!(components.values().all(|component| component["seconds"].is_u64()), "{health}");
    assert!(components.values().all(|component| component["reason"].is_string() == is_down(&component)));
    assert_eq!(health["status"], if down.is_empty() { "UP" } else { "DOWN" });
    assert_eq!(answer.status, if down.is_empty() { 200 } else { 503 });
    down
}

async fn wait_until_down(site: &Site, question: &str, parts: &[&str]) {
    let what = format!("{parts:?} to be down at {question}");
    eventually(&what, async || down(&site.get(question)) == parts).await;
}

fn reason(site: &Site, part: &str) -> String {
    site.get(STORING).json()["components"][part]["reason"].as_str().unwrap_or_default().to_owned()
}

/// Whether the reason is told for which a domain stands still; it has no address, and no user.
async fn wait_for_reason(site: &Site, reasons: &[&str]) {
    let what = format!("payment to be down for {reasons:?}");
    eventually(&what, async || reasons.iter().any(|told| reason(site, "payment").contains(told))).await;
    assert!(!reason(site, "payment").contains("127.0.0.1"));
}

fn names(answer: &Answer) -> Vec<String> {
    answer.json()["components"].as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn each_question_has_its_parts() {
    let site = Site::alone(&[]);
    for question in [READING, STORING, WHOLE] {
        assert_eq!(down(&site.get(question)), [] as [&str; 0], "{question}");
    }
    let mut storing = domains();
    storing.extend(["broker".to_owned(), "database".to_owned()]);
    storing.sort();
    assert_eq!(names(&site.get(STORING)), storing);
    assert_eq!(names(&site.get(READING)), ["reading"]);
    storing.push("reading".to_owned());
    storing.sort();
    assert_eq!(names(&site.get(WHOLE)), storing);
    assert_eq!(site.json("/health/live")["status"], "UP");
}

#[tokio::test]
async fn without_a_broker_it_lives_and_is_read_and_stores_nothing() {
    let place = Fixture::sqlite();
    let mut command = place.command(&[]);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    command.env("RABBITMQ_PORT", port.to_string());
    let site = Site::on(Running::start(command));
    let missing = down(&site.get(STORING));
    assert_eq!(missing.len(), 1 + domains().len(), "{missing:?}");
    assert!(missing.contains(&"broker".to_owned()) && !missing.contains(&"database".to_owned()));
    assert_eq!(down(&site.get(WHOLE)), missing);
    assert_eq!(site.get("/health/live").status, 200);
    assert_eq!(site.get(READING).status, 200);
}

#[tokio::test]
async fn without_its_database_it_is_neither_read_nor_stores_until_it_is_back() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let site = Site::of(&place);
    server.stop();
    wait_until_down(&site, STORING, &["database"]).await;
    wait_until_down(&site, READING, &["reading"]).await;
    server.start_again();
    wait_until_down(&site, WHOLE, &[]).await;
}

#[tokio::test]
async fn a_table_that_is_gone_stops_its_domain_alone() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let site = Site::of(&place);
    let database = place.url.rsplit('/').next().unwrap();
    server.psql_in(database, "ALTER TABLE audit.p_payment_log RENAME TO elsewhere");
    place.publish_payments(&[payment()]).await;
    wait_until_down(&site, STORING, &["payment"]).await;
    assert!(reason(&site, "payment").contains("the database lacks a part of the schema"));
    assert_eq!(site.get(READING).status, 200);
    server.psql_in(database, "ALTER TABLE audit.elsewhere RENAME TO p_payment_log");
    wait_until_down(&site, WHOLE, &[]).await;
}

#[tokio::test]
async fn a_month_that_cant_be_made_is_the_reason() {
    let server = PostgreSql::start();
    let place = Fixture::postgresql_on(&server);
    let site = Site::of(&place);
    let database = place.url.rsplit('/').next().unwrap();
    server.psql_in(database, "CREATE TABLE audit.p_payment_log_2025_12 ()");
    place.publish_payments(&[payment()]).await;
    wait_for_reason(&site, &["partition"]).await;
    server.psql_in(database, "DROP TABLE audit.p_payment_log_2025_12");
    wait_until_down(&site, WHOLE, &[]).await;
}

/// A user of the broker who may do everything but write to what the expression names.
fn user_who_may_not_write(place: &Fixture, expression: &str) -> String {
    place.prepare();
    let user = unique_name();
    RABBITMQ.ctl(&["add_user", &user, "secret"]);
    let write = format!("^(?!{expression}$)");
    RABBITMQ.ctl(&["set_permissions", &user, ".*", &write, ".*"]);
    user
}

#[tokio::test]
async fn a_domain_whose_dead_letters_cant_be_published_says_so_and_for_how_long() {
    let place = Fixture::sqlite();
    let user = user_who_may_not_write(&place, ".*\\.log\\.dlx");
    let site = Site::with(&place, &[("RABBITMQ_USERNAME", &user), ("RABBITMQ_PASSWORD", "secret")]);
    place.publish(&[place.message(PAYMENT, "no JSON")]).await;
    wait_until_down(&site, STORING, &["payment"]).await;
    wait_for_reason(&site, &["no right to write"]).await;
    assert!(!reason(&site, "payment").contains(&user));
    assert_eq!(down(&site.get(WHOLE)), ["payment"]);
    // Readers are served all the same.
    assert_eq!(site.get(READING).status, 200);

    let held = r#"log_service_oldest_held_seconds{domain="payment"}"#;
    eventually("the message to grow old", async || value(&site.get("/metrics").body, held) > Some(2.0)).await;
    let metrics = site.get("/metrics").body;
    assert_eq!(value(&metrics, r#"log_service_holding_batch{domain="payment"}"#), Some(1.0));
    assert_eq!(value(&metrics, r#"log_service_oldest_held_seconds{domain="user"}"#), Some(0.0));

    RABBITMQ.ctl(&["set_permissions", &user, ".*", ".*", ".*"]);
    wait_until_down(&site, WHOLE, &[]).await;
    eventually("it to be settled", async || value(&site.get("/metrics").body, held) == Some(0.0)).await;
    place.dead_letters(PAYMENT, 1).await;
}

#[tokio::test]
async fn a_message_that_comes_again_was_held_before() {
    let server = PostgreSql::start();
    let mut place = Fixture::postgresql_on(&server);
    place.broker.vhost = unique_name();
    let vhost = place.broker.vhost.clone();
    RABBITMQ.ctl(&["add_vhost", &vhost]);
    RABBITMQ.ctl(&["set_permissions", "--vhost", &vhost, "guest", ".*", ".*", ".*"]);
    let site = Site::of(&place);
    server.stop();
    place.publish_payments(&[payment()]).await;
    let age = || value(&site.get("/metrics").body, r#"log_service_oldest_held_seconds{domain="payment"}"#);
    eventually("the message to grow old", async || age() > Some(3.0)).await;
    RABBITMQ.ctl(&["close_all_connections", "--vhost", &vhost, "bye"]);
    site.service.wait_for_log("domains are consuming", 2);
    eventually("the message to come again", async || age() > Some(0.0)).await;
    assert!(age() > Some(3.0), "{:?}", age());
    server.start_again();
    eventually("it to be stored", async || age() == Some(0.0)).await;
}

#[tokio::test]
async fn a_queue_that_is_not_consumed_is_named_with_the_reason() {
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
    wait_until_down(&site, STORING, &["payment"]).await;
    wait_for_reason(&site, &["somebody consumes it alone"]).await;
    connection.close(200, "".into()).await.unwrap();
    wait_until_down(&site, WHOLE, &[]).await;
}

/// More connections than there are, each of which sends a part of a request and no more.
fn half_sent_requests(address: &str, connections: usize) -> Vec<TcpStream> {
    let half = "POST /sign-in HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                content-length: 100\r\n\r\ntoken=";
    let connect = |_| {
        let mut client = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        // It may have been cut already.
        let _ = client.write_all(half.as_bytes());
        client
    };
    (0..connections).map(connect).collect()
}

#[tokio::test]
async fn health_and_metrics_are_answered_while_somebody_holds_all_connections() {
    let site = Site::alone(&[]);
    let held = half_sent_requests(&site.address, 2000);
    for question in ["/health/live", READING, STORING, WHOLE, "/metrics", "/actuator/health/liveness"] {
        assert_eq!(site.get(question).status, 200, "{question}");
    }
    let answer = site.get("/sign-in");
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.body);
    drop(held);
    eventually("room for readers", async || site.get("/sign-in").status != 503).await;
}

#[tokio::test]
async fn health_is_answered_while_somebody_goes_on_opening_connections() {
    let site = Site::alone(&[]);
    let mut held = half_sent_requests(&site.address, 600);
    for _ in 0..30 {
        held.extend(half_sent_requests(&site.address, 100));
        assert_eq!(site.get("/health/live").status, 200, "after {} connections", held.len());
    }
}

#[tokio::test]
async fn a_request_that_is_never_whole_gives_its_connection_back() {
    let site = Site::alone(&[]);
    let mut held = half_sent_requests(&site.address, 1).remove(0);
    held.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = String::new();
    held.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
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
    for path in ["/health/live", READING, STORING, WHOLE] {
        assert_eq!(site.get(path).status, 200, "{path}");
        assert_eq!(site.get_as("tka_guessed", path).status, 200, "{path}");
        assert_eq!(site.get_with(path, &[("host", "log-service.example")]).status, 200, "{path}");
    }
    for record in rows::<Entity>(&place.db().await).await {
        let request = record.extra.unwrap_or_default()["request"].to_string();
        assert!(record.action_type == "REFUSED" && !request.contains("health"), "{request}");
    }
}

#[tokio::test]
async fn everything_is_also_where_spring_has_it() {
    let site = Site::alone(&[]);
    for (ours, springs) in [
        (WHOLE, "/actuator/health"),
        (STORING, "/actuator/health/ingest"),
        ("/health/live", "/actuator/health/liveness"),
        (READING, "/actuator/health/readiness"),
    ] {
        let (ours, springs) = (site.get(ours), site.get(springs));
        assert_eq!((springs.status, springs.header("content-type")), (200, ours.header("content-type")));
        let parts = |answer: &Answer| answer.json()["components"].as_object().map(serde_json::Map::len);
        assert_eq!(parts(&springs), parts(&ours));
    }
    assert_eq!(
        site.get("/actuator/prometheus").header("content-type"),
        site.get("/metrics").header("content-type")
    );
}

#[tokio::test]
async fn the_command_asks_the_service_of_its_configuration() {
    let place = Fixture::sqlite();
    let ask_after = |what: &[&str], bind: &str| {
        let args = [&["health"], what].concat();
        place.command(&args).env("LOG_SERVICE__WEB__BIND", bind).output().unwrap()
    };
    let ask = |bind: &str| ask_after(&[], bind);
    let site = Site::of(&place);
    let address = site.address.trim_start_matches("http://").to_owned();
    let storing = domains().len() + 2;
    for (what, parts) in [(&[][..], storing + 1), (&["ready"], 1), (&["ingest"], storing), (&["live"], 0)] {
        let answer = ask_after(what, &address);
        assert_eq!(answer.status.code(), Some(0), "{answer:?}");
        let health = serde_json::from_slice::<Value>(&answer.stdout).unwrap();
        assert_eq!(health["status"], "UP");
        assert_eq!(health["components"].as_object().map_or(0, serde_json::Map::len), parts, "{what:?}");
    }
    let lines = String::from_utf8(ask_after(&["--format", "text"], &address).stdout).unwrap();
    assert!(lines.starts_with("UP       service\n") && lines.contains("UP       payment\n"), "{lines}");
    // Listening everywhere, it is asked here.
    let port = address.rsplit(':').next().unwrap();
    assert_eq!(ask(&format!("0.0.0.0:{port}")).status.code(), Some(0));
    drop(site);
    assert_eq!(ask(&address).status.code(), Some(1));
    let output = ask("");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("web.bind is empty"), "{output:?}");
}
