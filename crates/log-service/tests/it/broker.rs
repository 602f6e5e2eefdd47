//! The broker's side: queues that others made, TLS, several replicas.

use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};
use test_servers::Running;

use crate::fixture::{Fixture, PAYMENT, RABBITMQ, payment};

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
