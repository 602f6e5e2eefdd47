//! Queues and exchanges that others declared: all differences are found, and those that lose messages are told.

use lapin::{
    ExchangeKind,
    options::{ExchangeDeclareOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use test_servers::Running;

use crate::{
    fixture::{Fixture, PAYMENT, RABBITMQ, eventually, payment, unique_name},
    web::{Site, metrics::value},
};

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

type Arguments = Vec<(&'static str, AMQPValue)>;

async fn declare(place: &Fixture, queue: &str, arguments: Arguments, options: QueueDeclareOptions) {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert(name.into(), value);
    }
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.queue_declare(queue.into(), options, table).await.unwrap();
}

fn durable() -> QueueDeclareOptions {
    QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() }
}

async fn declare_exchange(place: &Fixture, name: &str, kind: ExchangeKind) {
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.into(), kind, options, FieldTable::default()).await.unwrap();
}

/// What is told of payments once they are being looked after, and whether the metric says the same.
fn told(place: &Fixture) -> String {
    let site = Site::of(place);
    let payment = site.get("/health/ingest").json()["components"]["payment"].clone();
    let reason = payment["reason"].as_str().unwrap_or_default().to_owned();
    let metric = r#"log_service_queues_misdeclared{domain="payment"}"#;
    let expected = f64::from(u8::from(payment["status"] == "DOWN"));
    assert_eq!(value(&site.get("/metrics").body, metric), Some(expected), "{reason}");
    let is_told_in_the_log = site.service.log().iter().any(|line| {
        line["level"] == "ERROR" && line.to_string().contains("messages of domain payment get lost")
    });
    assert_eq!(is_told_in_the_log, payment["status"] == "DOWN");
    reason
}

/// The arguments of the contract, and these.
fn with_dead_letters(place: &Fixture, more: Arguments) -> Arguments {
    let exchange = place.topology.dead_letter_exchange();
    let mut arguments = vec![
        ("x-dead-letter-exchange", text(&exchange)),
        ("x-dead-letter-routing-key", text("dlq.payment.log")),
    ];
    arguments.extend(more);
    arguments
}

#[tokio::test]
async fn a_queue_that_loses_events_is_told_with_each_of_its_arguments() {
    let place = Fixture::sqlite();
    let arguments = vec![
        ("x-message-ttl", AMQPValue::LongInt(600_000)),
        ("x-expires", AMQPValue::LongInt(600_000)),
        ("x-max-length", AMQPValue::LongInt(100_000)),
        ("x-max-priority", AMQPValue::ShortShortInt(10)),
        ("x-queue-mode", text("lazy")),
    ];
    declare(&place, &place.topology.queue(PAYMENT), arguments, durable()).await;
    let told = told(&place);
    for argument in ["x-message-ttl", "x-expires", "x-max-length"] {
        assert!(told.contains(&format!("({argument})")), "{argument}: {told}");
    }
    assert!(!told.contains("x-max-priority") && !told.contains("dead-letter queue"), "{told}");
    let queues = RABBITMQ.ctl(&["list_queues", "--quiet", "name", "arguments"]);
    let queue = place.topology.queue(PAYMENT);
    let unchanged = queues.lines().find(|line| line.starts_with(&format!("{queue}\t"))).unwrap();
    assert!(!unchanged.contains("x-dead-letter-exchange"), "{unchanged}");
}

#[tokio::test]
async fn each_difference_is_judged_by_whether_messages_get_lost() {
    let number = |number: i32| AMQPValue::LongInt(number);
    let of_events: [(Arguments, &str); 9] = [
        // What is dropped becomes a dead letter.
        (vec![("x-message-ttl", number(60_000))], ""),
        (vec![("x-max-length", number(1000))], ""),
        (vec![("x-max-length-bytes", number(1000)), ("x-overflow", text("reject-publish-dlx"))], ""),
        (vec![("x-queue-type", text("quorum")), ("x-delivery-limit", number(5))], ""),
        // It does not help here.
        (vec![("x-expires", number(600_000))], "x-expires"),
        (vec![("x-max-length", number(1000)), ("x-overflow", text("reject-publish"))], "x-overflow"),
        // They change nothing for events.
        (vec![("x-overflow", text("reject-publish"))], ""),
        (vec![("x-single-active-consumer", AMQPValue::Boolean(true))], ""),
        (vec![("x-queue-type", text("quorum"))], ""),
    ];
    for (arguments, flaw) in of_events {
        let place = Fixture::sqlite();
        let asked = format!("{arguments:?}");
        let arguments = with_dead_letters(&place, arguments);
        declare(&place, &place.topology.queue(PAYMENT), arguments, durable()).await;
        let told = told(&place);
        assert!(if flaw.is_empty() { told.is_empty() } else { told.contains(flaw) }, "{asked}: {told:?}");
    }
}

#[tokio::test]
async fn dead_letters_must_stay_in_their_queue() {
    let number = |number: i32| AMQPValue::LongInt(number);
    let of_dead_letters: [(Arguments, &str); 6] = [
        (vec![("x-message-ttl", number(60_000))], "x-message-ttl"),
        (
            vec![("x-message-ttl", number(60_000)), ("x-dead-letter-exchange", text("elsewhere"))],
            "x-message-ttl",
        ),
        (vec![("x-expires", number(600_000))], "x-expires"),
        (vec![("x-max-length", number(1000))], "x-max-length"),
        // Full, it holds the domain up and loses nothing.
        (vec![("x-max-length", number(1000)), ("x-overflow", text("reject-publish"))], ""),
        (vec![("x-queue-type", text("stream"))], "is a stream"),
    ];
    for (arguments, flaw) in of_dead_letters {
        let place = Fixture::sqlite();
        let asked = format!("{arguments:?}");
        declare(&place, &place.topology.dead_letter_queue(PAYMENT), arguments, durable()).await;
        let told = told(&place);
        let expected = format!("its dead-letter queue {}", if flaw.starts_with("x-") { "" } else { flaw });
        let is_told = told.contains(flaw) && told.contains(&expected);
        assert!(if flaw.is_empty() { told.is_empty() } else { is_told }, "{asked}: {told:?}");
    }
}

#[tokio::test]
async fn dead_lettering_to_somewhere_else_keeps_nothing_for_us() {
    let place = Fixture::sqlite();
    let arguments = vec![
        ("x-message-ttl", AMQPValue::LongInt(600_000)),
        ("x-dead-letter-exchange", text(&place.topology.dead_letter_exchange())),
        // Without a key, it is the event's own, which no dead-letter queue is bound for.
    ];
    declare(&place, &place.topology.queue(PAYMENT), arguments, durable()).await;
    assert!(told(&place).contains("x-message-ttl"));
}

#[tokio::test]
async fn a_queue_that_does_not_last_is_told() {
    let place = Fixture::sqlite();
    let passing = QueueDeclareOptions { auto_delete: true, ..QueueDeclareOptions::default() };
    let arguments = with_dead_letters(&place, vec![]);
    declare(&place, &place.topology.queue(PAYMENT), arguments, passing).await;
    let told = told(&place);
    assert!(told.contains("(durable)") && told.contains("(auto_delete)"), "{told}");
}

#[tokio::test]
async fn a_long_name_hides_no_difference() {
    let mut place = Fixture::sqlite();
    let prefix = format!("{}{}", unique_name(), ".long".repeat(18));
    place.topology = audit_core::Topology::with_prefix(prefix.clone());
    let arguments = vec![
        ("x-dead-letter-exchange", text(&"elsewhere.".repeat(20))),
        ("x-message-ttl", AMQPValue::LongInt(600_000)),
        ("x-expires", AMQPValue::LongInt(600_000)),
    ];
    declare(&place, &place.topology.queue(PAYMENT), arguments, durable()).await;
    let site = Site::with(&place, &[("LOG_SERVICE__RABBITMQ__PREFIX", &prefix)]);
    let health = site.get("/health/ingest").body;
    assert!(health.contains("x-expires"), "{health}");
}

#[tokio::test]
async fn a_stream_is_refused_and_the_others_are_consumed() {
    let place = Fixture::sqlite();
    let queue = place.topology.queue(PAYMENT);
    declare(&place, &queue, vec![("x-queue-type", text("stream"))], durable()).await;
    let service = Running::start(place.command(&[]));
    service.wait_for_log(&format!("its queue `{queue}` is a stream"), 1);
    let site = Site::on(service);
    let user = audit_core::Domain::new("user");
    eventually("the others to be consumed", async || {
        site.get("/health/ingest").json()["components"]["user"]["status"] == "UP"
    })
    .await;
    place
        .publish(&[place.message(user, payment().to_string()), place.message(PAYMENT, payment().to_string())])
        .await;
    place.wait_for_rows("p_user_log", 1).await;
    let reason = || site.get("/health/ingest").json()["components"]["payment"]["reason"].to_string();
    eventually("the reason", async || reason().contains("is a stream")).await;
    assert_eq!(place.count("p_payment_log").await, 0);
    // Mended as the message says.
    RABBITMQ.ctl(&["delete_queue", &queue]);
    site.service.wait_until_consuming();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    eventually("all to be well", async || site.get("/health").status == 200).await;
}

#[tokio::test]
async fn an_exchange_of_another_type_is_told() {
    let place = Fixture::sqlite();
    declare_exchange(&place, &place.topology.exchange(), ExchangeKind::Fanout).await;
    assert!(
        told(&place).contains("the exchange of all events gives each message to the queues of all domains")
    );

    let place = Fixture::sqlite();
    declare_exchange(&place, &place.topology.dead_letter_exchange(), ExchangeKind::Fanout).await;
    assert!(told(&place).contains("the dead-letter exchange gives each message"));

    let place = Fixture::sqlite();
    declare_exchange(&place, &place.topology.exchange(), ExchangeKind::Direct).await;
    assert_eq!(told(&place), "");
}
