use audit_core::{
    Topology,
    publish::{Broker, ConfirmedChannel, Message},
};
use lapin::BasicProperties;
use serde_json::json;
use uuid::Uuid;

pub(crate) const DOMAINS: [&str; 8] =
    ["arthall", "auth", "payment", "product", "reservation", "reservation-seat", "ticket", "user"];

/// An event of a domain that happened now, as its service publishes it.
pub(crate) fn event(topology: &Topology, domain: &str) -> Message {
    let mut body = json!({
        "eventId": Uuid::new_v4(),
        "actionType": "CONFIRM",
        "actorType": "CUSTOMER",
        "actorUserId": Uuid::new_v4(),
        "occurredAt": chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
    });
    let own = match domain {
        "arthall" => json!({"domainType": "STAGE", "domainId": 31}),
        "auth" => json!({"authId": Uuid::new_v4(), "userType": "CUSTOMER"}),
        "payment" => json!({"paymentId": Uuid::new_v4(), "method": "TOSS_CARD", "retryCount": 0}),
        "product" => json!({"productId": 501}),
        "reservation" => json!({"reservationId": Uuid::new_v4(), "reservationNumber": "R20251206-000017"}),
        "reservation-seat" => json!({"reservationSeatId": 90_011, "seatNumber": "1층 A구역 3열 12번"}),
        "ticket" => json!({"ticketId": Uuid::new_v4(), "receiveMethod": "ON_SITE"}),
        _ => json!({"userId": Uuid::new_v4(), "userType": "CUSTOMER"}),
    };
    if let (Some(body), Some(own)) = (body.as_object_mut(), own.as_object()) {
        body.extend(own.clone());
    }
    Message {
        exchange: topology.exchange(),
        routing_key: format!("{domain}.log"),
        properties: BasicProperties::default()
            .with_content_type("application/json".into())
            .with_content_encoding("UTF-8".into())
            .with_delivery_mode(2)
            .with_priority(0),
        body: body.to_string().into_bytes(),
    }
}

/// Publishes events, taking turns among the domains, and waits until the broker has them.
pub(crate) async fn publish(broker: &Broker, topology: &Topology, domains: &[&str], count: usize) {
    const WINDOW: usize = 2000;
    let mut channel = ConfirmedChannel::open(broker).await.expect("a connection");
    let mut turns = domains.iter().cycle().take(count).peekable();
    while turns.peek().is_some() {
        let window: Vec<_> = turns.by_ref().take(WINDOW).map(|domain| event(topology, domain)).collect();
        for outcome in channel.publish_all(&window).await {
            outcome.expect("a confirm");
        }
    }
    channel.close().await;
}
