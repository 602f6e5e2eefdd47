use std::time::Instant;

use audit_core::{Domain, Topology, store::DomainLog};
use futures::StreamExt;
use lapin::{
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};

use crate::{
    Servers,
    events::{self, Load},
    service::Service,
};

/// What the broker and the parsing alone allow: every message is read and acknowledged, 500 at a time, and
/// nothing is stored.
pub(crate) async fn events_per_second(servers: &Servers, prefix: &str, count: usize) -> f64 {
    let (broker, topology) = (servers.broker(), Topology::with_prefix(prefix));
    Service::declare(servers, prefix);
    events::publish(&broker, &topology, &Load::clean(&["payment"], count)).await;
    let log = DomainLog::of::<payment_log::PaymentLog>();

    let connection = broker.connect().await.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    channel.basic_qos(2000, BasicQosOptions::default()).await.expect("a prefetch");
    let queue = topology.queue(Domain::new("payment"));
    let options = BasicConsumeOptions::default();
    let mut deliveries = channel
        .basic_consume(queue.into(), "drain".into(), options, FieldTable::default())
        .await
        .expect("a consumer");
    let mut start = None;
    for number in 1..=count {
        let delivery = deliveries.next().await.expect("a delivery").expect("a delivery");
        start.get_or_insert_with(Instant::now);
        log.decode(&delivery.data, chrono_tz::UTC, None).expect("an event");
        if number % 500 == 0 || number == count {
            delivery.acker.ack(BasicAckOptions { multiple: true }).await.expect("an acknowledgement");
        }
    }
    let seconds = start.map_or(0.0, |start| start.elapsed().as_secs_f64());
    connection.close(200, "done".into()).await.expect("a closed connection");
    count as f64 / seconds
}
