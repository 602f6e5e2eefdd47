use std::time::Instant;

use audit_core::{Domain, Topology};
use futures::StreamExt;
use lapin::{
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use payment_log::PaymentEvent;
use sea_orm::sqlx;

use crate::{
    Servers,
    events::{self, Load},
    service::Service,
};

/// The original's way: one insert and one acknowledgement for each message, ten ahead.
pub(crate) async fn events_per_second(servers: &Servers, name: &str, count: usize) -> f64 {
    const INSERT: &str = "INSERT INTO p_payment_log
        (id, action_type, actor_id, actor_type, resource_id, occurred_at, method, retry_count)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (broker, topology) = (servers.broker(), Topology::with_prefix(name));
    let database = Service::declare(servers, name);
    events::publish(&broker, &topology, &Load::clean(&["payment"], count)).await;
    let mut db = database.connect().await;

    let connection = broker.connect().await.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    channel.basic_qos(10, BasicQosOptions::default()).await.expect("a prefetch");
    let queue = topology.queue(Domain::new("payment"));
    let options = BasicConsumeOptions::default();
    let mut deliveries = channel
        .basic_consume(queue.into(), "one".into(), options, FieldTable::default())
        .await
        .expect("a consumer");
    let mut start = None;
    for _ in 0..count {
        let delivery = deliveries.next().await.expect("a delivery").expect("a delivery");
        start.get_or_insert_with(Instant::now);
        let event: PaymentEvent = serde_json::from_slice(&delivery.data).expect("an event");
        sqlx::query(INSERT)
            .bind(event.event_id)
            .bind(event.action_type.as_str())
            .bind(event.actor_user_id)
            .bind(event.actor_type.as_str())
            .bind(event.payment_id.map(|id| id.to_string()))
            .bind(event.occurred_at.in_zone(&chrono_tz::UTC))
            .bind(event.method.map(String::from))
            .bind(event.retry_count)
            .execute(&mut db)
            .await
            .expect("an insert");
        delivery.acker.ack(BasicAckOptions::default()).await.expect("an acknowledgement");
    }
    let seconds = start.map_or(0.0, |start| start.elapsed().as_secs_f64());
    connection.close(200, "done".into()).await.expect("a closed connection");
    count as f64 / seconds
}
