//! Events that are published without pause while something goes wrong.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use audit_core::{
    Domain,
    publish::{Broker, ConfirmedChannel, Message},
};
use serde_json::json;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::fixture::{Fixture, eventually};

/// So many events are published one behind the other.
const WINDOW: usize = 48;

/// Publishes events, on another thread than the test's. An event whose confirm did not come is published again.
pub struct Load {
    confirmed: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    publishing: JoinHandle<()>,
}

impl Load {
    /// Events of these domains in turn, as many of each.
    pub fn on(place: &Fixture, domains: &[Domain]) -> Self {
        assert!(WINDOW.is_multiple_of(domains.len()));
        let (confirmed, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let examples = domains.iter().map(|domain| place.message(*domain, "")).collect();
        let publishing =
            tokio::spawn(publish(place.broker.clone(), examples, Arc::clone(&confirmed), Arc::clone(&stop)));
        Self { confirmed, stop, publishing }
    }

    /// Waits until so many more events are confirmed.
    pub async fn wait_for(&self, more: usize) {
        let goal = self.confirmed.load(Relaxed) + more;
        eventually("the publisher to go on", async || self.confirmed.load(Relaxed) >= goal).await;
    }

    /// The number of events that the broker has confirmed so far.
    #[cfg(feature = "heavy-tests")]
    pub fn confirmed(&self) -> i64 {
        i64::try_from(self.confirmed.load(Relaxed)).unwrap()
    }

    /// Stops, and returns the number of events that the broker has confirmed: all that were published.
    pub async fn stop(self) -> i64 {
        self.stop.store(true, Relaxed);
        self.publishing.await.unwrap();
        i64::try_from(self.confirmed.load(Relaxed)).unwrap()
    }
}

async fn publish(broker: Broker, examples: Vec<Message>, confirmed: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    let mut open: Vec<Message> = Vec::new();
    let mut channel = None;
    loop {
        if open.is_empty() {
            if stop.load(Relaxed) {
                return;
            }
            open = examples.iter().cycle().take(WINDOW).map(new_event).collect();
        }
        let Some(connected) = &mut channel else {
            // The broker may be away: the next round tries again.
            channel = ConfirmedChannel::open(&broker).await.ok();
            continue;
        };
        let outcomes = connected.publish_all(&open).await;
        let before = open.len();
        let mut outcomes = outcomes.into_iter();
        open.retain(|_| outcomes.next().is_none_or(|outcome| outcome.is_err()));
        confirmed.fetch_add(before - open.len(), Relaxed);
        if !open.is_empty() {
            channel = None;
        }
    }
}

/// What every domain takes.
fn new_event(example: &Message) -> Message {
    let body = json!({
        "eventId": Uuid::now_v7(),
        "actionType": "CONFIRM",
        "actorType": "SYSTEM",
        "occurredAt": "2025-12-06T11:00:29.1",
    });
    Message { body: body.to_string().into_bytes(), ..example.clone() }
}
