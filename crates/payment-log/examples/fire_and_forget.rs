//! Events that are handed over without waiting, as a busy request handler does it.
//!
//! `cargo run -p payment-log --features publish --example fire_and_forget`, with `RABBITMQ_HOST`, `RABBITMQ_PORT` and
//! `RABBITMQ_PREFIX`.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]
#![expect(clippy::disallowed_methods, reason = "a program reads its own environment")]

use std::{env, error::Error, time::Duration};

use audit_core::{
    Actor, Topology,
    publish::{Broker, Publisher, PublisherSettings},
};
use payment_log::{PaymentEvent, actions};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let host = variable("RABBITMQ_HOST", "localhost");
    let port = variable("RABBITMQ_PORT", "5672").parse()?;
    let broker = Broker { host, port, connection_name: "payment-service".to_owned(), ..Broker::local() };
    let topology = Topology::with_prefix(variable("RABBITMQ_PREFIX", "tickatch"));
    let publisher = Publisher::new(broker, topology, PublisherSettings::default());

    for _ in 0..1000 {
        let event = PaymentEvent {
            payment_id: Some(Uuid::now_v7()),
            ..PaymentEvent::new(actions::CREATE, &Actor::System)
        };
        // It fails at once if 10,000 events wait already. The request goes on all the same.
        if let Err(error) = publisher.try_publish(&event) {
            eprintln!("event {} is lost: {error}", event.event_id);
        }
    }

    // Before the process ends: what still waits is published, for ten seconds at most.
    publisher.close(Duration::from_secs(10)).await;
    let counts = publisher.counts();
    println!("{} confirmed, {} dropped, {} failed", counts.confirmed, counts.dropped, counts.failed);
    Ok(())
}
