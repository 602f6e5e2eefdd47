use std::{fmt, time::Instant};

use audit_core::{
    Actor, AuditEvent, Topology,
    publish::{Message, Publisher, PublisherSettings},
};
use futures::{
    StreamExt,
    stream::{self, FuturesUnordered},
};
use lapin::{
    Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use payment_log::{PaymentEvent, actions};
use serde::Serialize;
use uuid::Uuid;

use crate::{Servers, report::median, rounds, service::Service};

/// Events of a round.
const EVENTS: usize = 100_000;
/// So many callers publish at the same time; the bare publisher has as many messages without a confirm.
const AT_ONCE: usize = 2_000;

/// How fast events are published and confirmed.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    publish_confirmed_per_s: f64,
    publish_limit_per_s: f64,
}

pub(crate) async fn measure(servers: &Servers) -> Figures {
    let (mut confirmed, mut limit) = (Vec::new(), Vec::new());
    for round in 1..=rounds::ROUNDS {
        limit.push(bare(servers, &format!("bare{round}")).await);
        println!("round {round}: publish_limit     {:>8.0} events/s", limit[round - 1]);
        confirmed.push(by_publisher(servers, &format!("publisher{round}")).await);
        println!("round {round}: publish_confirmed {:>8.0} events/s", confirmed[round - 1]);
    }
    Figures { publish_confirmed_per_s: median(confirmed), publish_limit_per_s: median(limit) }
}

fn event() -> PaymentEvent {
    PaymentEvent {
        payment_id: Some(Uuid::new_v4()),
        ..PaymentEvent::new(actions::CONFIRM, &Actor::Customer(Uuid::nil()))
    }
}

/// As the domain teams do it: each caller waits for its own event.
async fn by_publisher(servers: &Servers, prefix: &str) -> f64 {
    Service::declare(servers, prefix);
    let publisher =
        Publisher::new(servers.broker(), Topology::with_prefix(prefix), PublisherSettings::default());
    publisher.publish(&event()).await.expect("a connection");
    let start = Instant::now();
    stream::iter(0..EVENTS)
        .for_each_concurrent(AT_ONCE, async |_| publisher.publish(&event()).await.expect("a confirm"))
        .await;
    EVENTS as f64 / start.elapsed().as_secs_f64()
}

/// The same messages with lapin alone, as its manual does it: one behind the other, each confirmed, and nothing
/// around it.
async fn bare(servers: &Servers, prefix: &str) -> f64 {
    Service::declare(servers, prefix);
    let connection = servers.broker().connect().await.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    let topology = Topology::with_prefix(prefix);
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let start = Instant::now();
    let mut confirms = FuturesUnordered::new();
    for _ in 0..EVENTS {
        let event = event();
        let body = serde_json::to_vec(&event).expect("JSON");
        let key = PaymentEvent::DOMAIN.routing_key();
        let Message { exchange, routing_key, properties, body } =
            Message::of_event(&topology, key, event.event_id, body, "bench");
        let publishing =
            channel.basic_publish(exchange.into(), routing_key.into(), options, &body, properties);
        confirms.push(publishing.await.expect("sent"));
        if confirms.len() == AT_ONCE {
            check(confirms.next().await);
        }
    }
    while !confirms.is_empty() {
        check(confirms.next().await);
    }
    let per_second = EVENTS as f64 / start.elapsed().as_secs_f64();
    connection.close(200, "done".into()).await.expect("a closed connection");
    per_second
}

fn check(confirm: Option<lapin::Result<Confirmation>>) {
    assert!(confirm.expect("a confirm").expect("a confirm").is_ack());
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { publish_confirmed_per_s, publish_limit_per_s } = self;
        let ratio = publish_confirmed_per_s / publish_limit_per_s;
        writeln!(
            f,
            "publish_limit_per_s      {publish_limit_per_s:>10.0}  the same messages with lapin alone"
        )?;
        writeln!(
            f,
            "publish_confirmed_per_s  {publish_confirmed_per_s:>10.0}  {ratio:.2} x publish_limit_per_s; goal >= 0.8"
        )
    }
}
