use audit_core::{
    Topology,
    publish::{Broker, ConfirmedChannel, Message},
};
use lapin::BasicProperties;
use serde_json::json;
use uuid::Uuid;

pub(crate) const DOMAINS: [&str; 8] =
    ["arthall", "auth", "payment", "product", "reservation", "reservation-seat", "ticket", "user"];

/// An event of a domain that happens now. As in the samples, a resource has several: a user does something, and the
/// system, which is no actor, completes it.
pub(crate) fn event(topology: &Topology, domain: &str, number: usize) -> Message {
    let resource = scattered(number / 2);
    let mut body = json!({
        "eventId": Uuid::new_v4(),
        "actionType": "CONFIRM",
        "actorType": "SYSTEM",
        "occurredAt": chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
    });
    if number.is_multiple_of(2) {
        body["actionType"] = json!("CREATE");
        body["actorType"] = json!("CUSTOMER");
        body["actorUserId"] = json!(Uuid::new_v4());
    }
    let own = match domain {
        "arthall" => json!({"domainType": "STAGE", "domainId": number / 2}),
        "auth" => json!({"authId": resource, "userType": "CUSTOMER"}),
        "payment" => json!({"paymentId": resource, "method": "TOSS_CARD", "retryCount": 0}),
        "product" => json!({"productId": number / 2}),
        "reservation" => json!({"reservationId": resource, "reservationNumber": "R20251206-000017"}),
        "reservation-seat" => json!({"reservationSeatId": number / 2, "seatNumber": "1층 A구역 3열 12번"}),
        "ticket" => json!({"ticketId": resource, "receiveMethod": "ON_SITE"}),
        _ => json!({"userId": resource, "userType": "CUSTOMER"}),
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

/// An id for a number, far from that of the next: as random ones are.
fn scattered(number: usize) -> Uuid {
    Uuid::from_u128((number as u128 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

/// Publishes events, taking turns among the domains, and waits until the broker has them.
pub(crate) async fn publish(broker: &Broker, topology: &Topology, domains: &[&str], count: usize) {
    const WINDOW: usize = 2000;
    let mut channel = ConfirmedChannel::open(broker).await.expect("a connection");
    for first in (0..count).step_by(WINDOW) {
        let numbers = first..count.min(first + WINDOW);
        let of = |number| event(topology, domains[number % domains.len()], number / domains.len());
        let window: Vec<_> = numbers.map(of).collect();
        for outcome in channel.publish_all(&window).await {
            outcome.expect("a confirm");
        }
    }
    channel.close().await;
}
