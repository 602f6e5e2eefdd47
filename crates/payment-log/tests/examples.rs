//! The examples do what they say, on a real broker.

use std::process::Command;

use audit_core::{Domain, Topology, publish::Broker};
use lapin::{
    ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use test_servers::{RabbitMq, example};

#[tokio::test]
async fn the_examples_publish_their_events() {
    let server = RabbitMq::start();
    let broker = Broker { host: "127.0.0.1".to_owned(), port: server.port(), ..Broker::local() };
    let connection = broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (topology, payment) = (Topology::default(), Domain::new("payment"));
    let (exchange, queue) = (topology.exchange(), topology.queue(payment));
    let (durable, args) =
        (ExchangeDeclareOptions { durable: true, ..Default::default() }, FieldTable::default);
    channel.exchange_declare(exchange.as_str().into(), ExchangeKind::Topic, durable, args()).await.unwrap();
    let durable = QueueDeclareOptions { durable: true, ..Default::default() };
    let declared = channel.queue_declare(queue.as_str().into(), durable, args()).await.unwrap();
    assert_eq!(declared.message_count(), 0);
    let (key, options) = (payment.routing_key(), QueueBindOptions::default());
    channel.queue_bind(queue.as_str().into(), exchange.into(), key.into(), options, args()).await.unwrap();

    let run = |name| {
        let output = Command::new(example(name))
            .env("RABBITMQ_HOST", "127.0.0.1")
            .env("RABBITMQ_PORT", server.port().to_string())
            .env_remove("RABBITMQ_PREFIX")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("publish").starts_with("the broker has event "));
    assert_eq!(run("fire_and_forget"), "1000 confirmed, 0 dropped, 0 failed\n");
    let passive = QueueDeclareOptions { passive: true, ..Default::default() };
    let declared = channel.queue_declare(queue.into(), passive, args()).await.unwrap();
    assert_eq!(declared.message_count(), 1001);
}
