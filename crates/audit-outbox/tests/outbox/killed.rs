//! `kill -9` at any moment: nothing is lost, and each resource keeps its order, up to repeats.

use std::{cell::Cell, process::Child, time::Duration};

use sea_orm::{ConnectionTrait, TransactionTrait, prelude::Uuid};

use crate::fixture::{PAYMENT, Place, eventually, payments};

const KILLS: u32 = 12;

/// A relay in a process that is killed when this value ends.
struct Relay(Child);

impl Relay {
    fn start(place: &Place) -> Self {
        Self(place.relay_command("relay").spawn().unwrap())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn survives_being_killed_under_load(place: Place) {
    let payments = payments(20);
    let (events, is_done) = (Cell::new(0), Cell::new(false));
    let enqueueing = async {
        while !is_done.get() {
            place.enqueue_all(&payments, events.replace(events.get() + 1)).await;
        }
    };
    let killing = async {
        for _ in 0..KILLS {
            let before = place.published(PAYMENT).await;
            let relay = Relay::start(&place);
            eventually("some events", async || place.published(PAYMENT).await > before).await;
            // Somewhere between two steps.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..200))).await;
            drop(relay);
        }
        is_done.set(true);
    };
    tokio::join!(enqueueing, killing);
    let relay = Relay::start(&place);
    place.wait_until_empty().await;
    drop(relay);
    each_arrived_in_order(&place, &payments, events.get()).await;
}

/// The first arrivals are in order; what comes again is a repeat of one that was there.
async fn each_arrived_in_order(place: &Place, payments: &[Uuid], events: i32) {
    let numbers = place.numbers().await;
    for payment in payments {
        let mut next = 0;
        for number in &numbers[payment] {
            assert!(*number <= next, "{number} came before {next}: {:?}", numbers[payment]);
            next = next.max(number + 1);
        }
        assert_eq!(next, events, "{payment}");
    }
}

#[tokio::test]
async fn nothing_is_lost_when_relays_are_killed_under_load_on_postgresql() {
    survives_being_killed_under_load(Place::postgresql().await).await;
}

#[tokio::test]
async fn nothing_is_lost_when_relays_are_killed_under_load_on_sqlite() {
    survives_being_killed_under_load(Place::sqlite().await).await;
}

#[tokio::test]
async fn what_was_published_and_not_removed_comes_again() {
    let place = Place::postgresql().await;
    let payments = payments(3);
    place.enqueue_all(&payments, 0).await;
    place.enqueue_all(&payments, 1).await;
    // Rows that are locked can be read and published, but not removed.
    let lock = place.db.begin().await.unwrap();
    lock.execute_unprepared("SELECT 1 FROM audit_outbox FOR UPDATE").await.unwrap();
    let relay = Relay::start(&place);
    eventually("the events", async || place.published(PAYMENT).await >= 2).await;
    drop(relay);
    lock.rollback().await.unwrap();
    assert_eq!(place.waiting().await, 6);
    let relay = place.relay();
    place.wait_until_empty().await;
    relay.stop().await;
    assert!(place.published(PAYMENT).await > 6);
    each_arrived_in_order(&place, &payments, 2).await;
}
