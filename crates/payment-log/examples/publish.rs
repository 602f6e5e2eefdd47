//! An event that is published before the caller goes on.
//!
//! `cargo run -p payment-log --features publish --example publish`, with `RABBITMQ_HOST`, `RABBITMQ_PORT`,
//! `RABBITMQ_USERNAME`, `RABBITMQ_PASSWORD` and `RABBITMQ_PREFIX`.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]
#![expect(clippy::disallowed_methods, reason = "a program reads its own environment")]

use std::{env, error::Error, time::Duration};

use audit_core::{
    Actor, Topology,
    publish::{Broker, PublishError, Publisher, PublisherSettings},
};
use payment_log::{PaymentEvent, actions};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let broker = Broker {
        host: variable("RABBITMQ_HOST", "localhost"),
        port: variable("RABBITMQ_PORT", "5672").parse()?,
        username: variable("RABBITMQ_USERNAME", "guest"),
        password: variable("RABBITMQ_PASSWORD", "guest").into(),
        connection_name: "payment-service".to_owned(),
        ..Broker::local()
    };
    let topology = Topology::with_prefix(variable("RABBITMQ_PREFIX", "tickatch"));

    // One for the whole process; a clone shares its connection.
    let publisher = Publisher::new(broker, topology, PublisherSettings::default());

    let event = PaymentEvent {
        payment_id: Some(Uuid::now_v7()),
        method: Some("TOSS_CARD".parse()?),
        ..PaymentEvent::new(actions::CONFIRM, &Actor::Customer(Uuid::now_v7()))
    };
    match publisher.publish(&event).await {
        Ok(()) => println!("the broker has event {}", event.event_id),
        // Trying again does not help: log-service has to run once, so that the queue is there.
        Err(error @ PublishError::Unroutable { .. }) => return Err(error.into()),
        // It may have arrived. The same event again is safe: it is stored once.
        Err(_) => publisher.publish(&event).await?,
    }
    publisher.close(Duration::from_secs(5)).await;
    Ok(())
}
