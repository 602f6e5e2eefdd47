use audit_core::{
    Topology,
    publish::{Broker, ConfirmedChannel, Message},
};
use lapin::BasicProperties;
use serde_json::json;
use uuid::Uuid;

pub(crate) const DOMAINS: [&str; 8] =
    ["arthall", "auth", "payment", "product", "reservation", "reservation-seat", "ticket", "user"];

/// What is published for a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// They take turns.
    pub(crate) domains: &'static [&'static str],
    pub(crate) count: usize,
    /// Of so many messages of a domain one is malformed, if any is.
    pub(crate) one_malformed_of: Option<usize>,
}

impl Load {
    /// Only what can be stored.
    pub(crate) fn clean(domains: &'static [&'static str], count: usize) -> Self {
        Self { domains, count, one_malformed_of: None }
    }

    /// How many of them are stored.
    pub(crate) fn good(&self) -> usize {
        (0..self.count).filter(|number| !self.is_malformed(*number)).count()
    }

    fn message(&self, topology: &Topology, number: usize) -> Message {
        let (domain, of_domain) = (self.domains[number % self.domains.len()], number / self.domains.len());
        let good = event(topology, domain, of_domain);
        if self.is_malformed(number) { malformed(good, of_domain) } else { good }
    }

    fn is_malformed(&self, number: usize) -> bool {
        let of_domain = number / self.domains.len();
        self.one_malformed_of.is_some_and(|many| of_domain % many == many - 1)
    }
}

/// A message that can never be stored, of one kind or another.
fn malformed(mut good: Message, number: usize) -> Message {
    let text = String::from_utf8_lossy(&good.body).into_owned();
    good.body = match number / 10 % 5 {
        0 => text[..text.len() / 2].to_owned(),
        1 => text.replace("eventId", "id"),
        2 => text.replace("occurredAt\":\"", "occurredAt\":\"about "),
        3 => text.replace("\"SYSTEM\"", "7").replace("\"CUSTOMER\"", "7"),
        _ => format!("[{text}]"),
    }
    .into_bytes();
    good
}

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

/// Publishes a load, and waits until the broker has it.
pub(crate) async fn publish(broker: &Broker, topology: &Topology, load: &Load) {
    const WINDOW: usize = 2000;
    let mut channel = ConfirmedChannel::open(broker).await.expect("a connection");
    for first in (0..load.count).step_by(WINDOW) {
        let numbers = first..load.count.min(first + WINDOW);
        let window: Vec<_> = numbers.map(|number| load.message(topology, number)).collect();
        for outcome in channel.publish_all(&window).await {
            outcome.expect("a confirm");
        }
    }
    channel.close().await;
}
