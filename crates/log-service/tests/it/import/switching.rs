//! The page's steps, one after the other, with an original that does what the Java service does.

use std::collections::BTreeSet;

use lapin::{
    Channel, Connection,
    options::{BasicAckOptions, BasicGetOptions},
};
use serde_json::{Value, json};

use super::{everything, import, original::Original, whole};
use crate::fixture::{Fixture, PAYMENT, payment_with};

#[tokio::test]
async fn step_by_step_no_event_is_lost_or_doubled() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let original = Original::new();
        place.prepare();
        let events: Vec<Value> = (0..600).map(event).collect();
        place.publish_payments(&events[..300]).await;
        let acknowledged = consume(&place, &original, 200, true).await;

        // The rehearsal.
        assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log"), [200, 200, 0, 0, 0, 0, 0]);

        // Both at once; then the original is killed between its commit and its acknowledgement.
        let committed = consume(&place, &original, 50, false).await;
        let service = place.serve();
        place.wait_for_rows("p_payment_log", 250).await;
        for (connection, _channel) in [acknowledged, committed] {
            connection.close(200, "killed".into()).await.unwrap();
        }
        place.wait_for_rows("p_payment_log", 300).await;
        place.publish_payments(&events[300..]).await;
        place.wait_for_rows("p_payment_log", 600).await;

        // Once more: what the original had committed came by the queue as well.
        assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log"), [250, 0, 250, 0, 0, 0, 0]);
        let stored = everything(&place);
        let ids = |events: &[Value], name: &str| -> BTreeSet<String> {
            events.iter().map(|event| event[name].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(stored.len(), 600);
        assert_eq!(ids(&stored, "id"), ids(&events, "eventId"));
        service.stop().expect_success();
    }
}

/// A time in nanoseconds, as Java has it: every second one is rounded up by the original.
fn event(number: u32) -> Value {
    let nanoseconds = number * 1_000_000 + if number.is_multiple_of(2) { 499 } else { 500 };
    payment_with(json!({"occurredAt": format!("2025-12-02T10:02:40.{nanoseconds:09}")}))
}

/// The original takes so many messages and commits them. Those that it does not acknowledge it holds, for as long as it
/// has its channel.
async fn consume(
    place: &Fixture,
    original: &Original,
    messages: usize,
    acknowledges: bool,
) -> (Connection, Channel) {
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = place.topology.queue(PAYMENT);
    let mut taken = Vec::new();
    for _ in 0..messages {
        let got = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.unwrap();
        taken.push(got.unwrap().delivery);
    }
    let bodies: Vec<Value> =
        taken.iter().map(|message| serde_json::from_slice(&message.data).unwrap()).collect();
    original.store_payments(&bodies);
    for message in taken.iter().filter(|_| acknowledges) {
        assert!(message.acker.ack(BasicAckOptions::default()).await.unwrap());
    }
    (connection, channel)
}
