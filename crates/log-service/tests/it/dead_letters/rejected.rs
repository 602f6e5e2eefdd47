//! Dead letters as the original service makes them: it rejects a message, and the broker dead-letters it.

use audit_core::Domain;
use lapin::options::{BasicGetOptions, BasicNackOptions};
use serde_json::{Value, json};
use uuid::Uuid;

use super::wait_for;
use crate::fixture::Fixture;

pub const AUTH: Domain = Domain::new("auth");

/// Failed logins: nobody is named, so that the original could not store them.
pub fn failed_login() -> Value {
    json!({
        "eventId": Uuid::now_v7(),
        "userType": "CUSTOMER",
        "actionType": "LOGIN_FAILED",
        "actorType": "USER_UNKNOWN",
        "occurredAt": "2025-12-06T11:00:29.1",
    })
}

/// Publishes events and rejects each. Nobody else may consume the queue.
pub async fn reject(place: &Fixture, domain: Domain, bodies: &[Value]) {
    let messages: Vec<_> = bodies.iter().map(|body| place.message(domain, body.to_string())).collect();
    place.publish(&messages).await;
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = place.topology.queue(domain);
    for _ in bodies {
        let got = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.unwrap();
        let reject = BasicNackOptions { requeue: false, multiple: false };
        got.unwrap().delivery.acker.nack(reject).await.unwrap();
    }
    wait_for(place, domain, u32::try_from(bodies.len()).unwrap()).await;
}

/// Puts bodies into a dead-letter queue without a word on why.
pub async fn lay(place: &Fixture, domain: Domain, bodies: &[Value]) {
    let messages: Vec<_> = bodies
        .iter()
        .map(|body| {
            let mut message = place.message(domain, body.to_string());
            message.exchange = place.topology.dead_letter_exchange();
            message.routing_key = domain.dead_letter_routing_key();
            message
        })
        .collect();
    for some in messages.chunks(1000) {
        place.publish(some).await;
    }
}
