//! The events of a resource arrive in their order, each once as long as nothing breaks.

use audit_core::Actor;
use audit_outbox::enqueue;
use ticket_log::{TicketEvent, actions::ISSUED};

use crate::fixture::{PAYMENT, Place, Running, TICKET, eventually, payments};

const PAYMENTS: usize = 40;
const EVENTS: i32 = 50;

async fn all_arrive_in_order(place: Place, relays: Vec<Running>) {
    let payments = payments(PAYMENTS);
    for number in 0..EVENTS {
        place.enqueue_all(&payments, number).await;
    }
    place.wait_until_empty().await;
    for relay in relays {
        relay.stop().await;
    }
    let numbers = place.numbers().await;
    assert_eq!(numbers.len(), PAYMENTS);
    let in_order: Vec<_> = (0..EVENTS).collect();
    for (payment, numbers) in numbers {
        assert_eq!(numbers, in_order, "{payment}");
    }
}

#[tokio::test]
async fn two_relays_side_by_side_keep_the_order_of_each_resource() {
    let place = Place::postgresql().await;
    let relays = vec![place.relay(), place.relay()];
    all_arrive_in_order(place, relays).await;
}

#[tokio::test]
async fn one_relay_keeps_the_order_of_each_resource_on_sqlite() {
    let place = Place::sqlite().await;
    let relays = vec![place.relay()];
    all_arrive_in_order(place, relays).await;
}

#[tokio::test]
async fn a_domain_without_a_queue_does_not_hold_up_the_others() {
    let place = Place::postgresql().await;
    place.unbind(TICKET).await;
    for _ in 0..200 {
        let ticket = TicketEvent { ticket_id: payments(1).pop(), ..TicketEvent::new(ISSUED, &Actor::System) };
        enqueue(&place.db, &ticket).await.unwrap();
    }
    place.enqueue_all(&payments(100), 0).await;
    let relay = place.relay();
    eventually("the payments", async || place.published(PAYMENT).await == 100).await;
    assert_eq!(place.published(TICKET).await, 0);
    assert_eq!(place.waiting().await, 200);
    place.bind(TICKET).await;
    place.wait_until_empty().await;
    relay.stop().await;
    assert_eq!(place.published(TICKET).await, 200);
    assert_eq!(place.published(PAYMENT).await, 100);
}
