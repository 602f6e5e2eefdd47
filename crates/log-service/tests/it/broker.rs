//! The broker's side: queues that others made, TLS, several replicas.

use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use test_servers::Running;
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Fixture, PAYMENT, RABBITMQ, eventually, payment, unique_name};

async fn declare_queue(place: &Fixture, queue: &str, arguments: &[(&str, &str)]) {
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert((*name).into(), AMQPValue::LongString((*value).into()));
    }
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), durable, table).await.unwrap();
}

#[tokio::test]
async fn a_queue_that_exists_as_quorum_is_used_as_it_is_with_one_warning() {
    let place = Fixture::sqlite();
    declare_queue(&place, &place.topology.queue(PAYMENT), &[("x-queue-type", "quorum")]).await;
    let service = place.serve();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let warnings = service.log().iter().filter(|line| line.to_string().contains("used as it is")).count();
    assert_eq!(warnings, 1);
}

#[tokio::test]
async fn quorum_queues_are_declared_when_asked_for() {
    let place = Fixture::sqlite();
    let _service = place.serve_with(&[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "quorum")]);
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let queues = RABBITMQ.ctl(&["list_queues", "--quiet", "name", "type"]);
    for queue in [place.topology.queue(PAYMENT), place.topology.dead_letter_queue(PAYMENT)] {
        assert!(queues.contains(&format!("{queue}\tquorum")), "{queues}");
    }
}

/// As the original and the publishers declare them: with other arguments the broker would refuse theirs.
#[tokio::test]
async fn queues_are_declared_as_the_contract_has_them() {
    let place = Fixture::sqlite();
    place.prepare();
    let queue = place.topology.queue(PAYMENT);
    let dead_letters = place.topology.dead_letter_exchange();
    let arguments =
        [("x-dead-letter-exchange", dead_letters.as_str()), ("x-dead-letter-routing-key", "dlq.payment.log")];
    declare_queue(&place, &queue, &arguments).await;
    declare_queue(&place, &place.topology.dead_letter_queue(PAYMENT), &[]).await;
}

#[tokio::test]
async fn two_replicas_share_the_queues() {
    let place = Fixture::postgresql();
    let (one, other) = (place.serve(), place.serve());
    let bodies: Vec<_> = (0..3000).map(|_| payment()).collect();
    for some in bodies.chunks(100) {
        place.publish_payments(some).await;
    }
    place.wait_for_rows("p_payment_log", 3000).await;
    let (one, other) = (one.stop().counted("payment", "stored"), other.stop().counted("payment", "stored"));
    assert_eq!(one + other, 3000);
    assert!(one > 0 && other > 0, "{one} and {other}");
}

#[tokio::test]
async fn events_come_over_tls() {
    let place = Fixture::sqlite();
    let ca_file = RABBITMQ.ca_file();
    let mut command = place.command(&["serve"]);
    command
        .env("RABBITMQ_HOST", "localhost")
        .env("RABBITMQ_PORT", RABBITMQ.tls_port().to_string())
        .env("LOG_SERVICE__RABBITMQ__TLS", "true")
        .env("LOG_SERVICE__RABBITMQ__TLS_CA_FILE", &ca_file);
    let service = Running::start(command);
    service.wait_until_consuming();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
}

#[tokio::test]
async fn a_certificate_of_nobody_we_know_is_refused() {
    let place = Fixture::sqlite();
    let mut command = place.command(&["publish", "-"]);
    command
        .env("RABBITMQ_HOST", "localhost")
        .env("RABBITMQ_PORT", RABBITMQ.tls_port().to_string())
        .env("LOG_SERVICE__RABBITMQ__TLS", "true");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("certificate"), "{message}");
}

/// A place in a virtual host of its own, where new queues are of another type.
fn in_vhost_of(queue_type: &str) -> Fixture {
    let mut place = Fixture::sqlite();
    place.broker.vhost = format!("{queue_type} {}", unique_name());
    RABBITMQ.ctl(&["add_vhost", &place.broker.vhost, "--default-queue-type", queue_type]);
    RABBITMQ.ctl(&["set_permissions", "--vhost", &place.broker.vhost, "guest", ".*", ".*", ".*"]);
    place
}

fn queues(place: &Fixture) -> String {
    RABBITMQ.ctl(&["--quiet", "list_queues", "--vhost", &place.broker.vhost, "name", "type"])
}

#[tokio::test]
async fn where_new_queues_become_streams_the_cause_is_told_and_none_is_made() {
    let place = in_vhost_of("stream");
    let service = Running::start(place.command(&["serve"]));
    service.wait_for_log("makes streams of new queues", 8);
    service.wait_for_log(&format!("the virtual host `{}`", place.broker.vhost), 1);
    service.wait_for_log("--default-queue-type classic", 1);
    service.stop().expect_success();
    assert!(!queues(&place).contains("stream\n"), "{}", queues(&place));

    let _service = place.serve_with(&[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "quorum")]);
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
}

#[tokio::test]
async fn queues_that_are_there_are_used_where_new_ones_become_streams() {
    let place = in_vhost_of("stream");
    for log in crate::reading::events::domains() {
        for queue in [place.topology.queue(log.domain()), place.topology.dead_letter_queue(log.domain())] {
            declare_queue(&place, &queue, &[("x-queue-type", "classic")]).await;
        }
    }
    let _service = place.serve();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quorum_queue_hands_out_more_while_nothing_is_acknowledged() {
    const EVENTS: usize = 400;
    let place = Fixture::postgresql();
    let service = place.serve_with(&[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "quorum")]);
    let db = place.db().await;
    let blocker = db.begin().await.unwrap();
    blocker.execute_unprepared("LOCK TABLE p_payment_log IN EXCLUSIVE MODE").await.unwrap();
    let events: Vec<_> = (0..EVENTS).map(|_| payment()).collect();
    place.publish_payments(&events).await;
    // Nothing can be stored, so the prefetch has grown by steps until it holds all of them.
    let unacknowledged = format!("{}\t{EVENTS}", place.topology.queue(PAYMENT));
    eventually("all events to be handed out", async || {
        let vhost = ["--vhost", &place.broker.vhost];
        let listed = ["--quiet", "list_queues", vhost[0], vhost[1], "name", "messages_unacknowledged"];
        RABBITMQ.ctl(&listed).contains(&unacknowledged)
    })
    .await;
    blocker.rollback().await.unwrap();
    place.wait_for_rows("p_payment_log", EVENTS.try_into().unwrap()).await;
    let stopped = service.stop();
    assert!(!stopped.logged("not consuming"), "{:#?}", stopped.log());
}

/// The broker, as it is reached over IPv6: it listens on IPv4 only.
async fn over_ipv6() -> u16 {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut broker = TcpStream::connect(("127.0.0.1", RABBITMQ.port())).await.unwrap();
                // It ends when one of the two does.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_broker_is_reached_over_ipv6() {
    let place = Fixture::sqlite();
    let port = over_ipv6().await;
    let nobody = std::net::TcpListener::bind("[::1]:0").unwrap().local_addr().unwrap();
    for (host, port) in [
        ("::1".to_owned(), port),
        ("[::1]".to_owned(), port),
        (format!("[::1]:{port}"), 1),
        (format!("{nobody}, [::1]:{port}"), 1),
        (format!("{nobody},::1"), port),
    ] {
        let port = port.to_string();
        let service = place.serve_with(&[("RABBITMQ_HOST", &host), ("RABBITMQ_PORT", &port)]);
        service.wait_for_log("[::1]:", 1);
        service.stop().expect_success();
    }
}
