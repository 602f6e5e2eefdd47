use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use lapin::{Acker, BasicProperties, message::Delivery, types::ShortString};

use super::spring_batch::SpringBatch;

/// A message of one event: a delivery, or one of several that arrived in one delivery.
#[derive(Debug)]
pub(crate) struct SourceMessage {
    pub(crate) body: Vec<u8>,
    /// Whether it is the last event of its delivery.
    pub(crate) is_last: bool,
    delivery: Arc<SharedDelivery>,
}

/// What the events of a delivery have in common.
#[derive(Debug)]
struct SharedDelivery {
    exchange: ShortString,
    routing_key: ShortString,
    properties: BasicProperties,
    received_at: ReceivedAt,
    acker: Acker,
    /// How many of its events are not settled yet.
    unsettled: AtomicUsize,
    unpacked: Option<Unpacked>,
}

/// When a delivery was received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceivedAt {
    pub(crate) at: Instant,
    pub(crate) redelivered: bool,
}

impl ReceivedAt {
    fn now(delivery: &Delivery) -> Self {
        Self { at: Instant::now(), redelivered: delivery.redelivered }
    }
}

impl SourceMessage {
    /// A delivery that is one event.
    pub(crate) fn from_delivery(delivery: Delivery) -> Self {
        let received_at = ReceivedAt::now(&delivery);
        let Delivery { exchange, routing_key, properties, data: body, acker, .. } = delivery;
        let unsettled = AtomicUsize::new(1);
        let delivery = SharedDelivery {
            exchange,
            routing_key,
            properties,
            received_at,
            acker,
            unsettled,
            unpacked: None,
        };
        Self { body, is_last: true, delivery: Arc::new(delivery) }
    }

    pub(crate) fn exchange(&self) -> &str {
        self.delivery.exchange.as_str()
    }

    pub(crate) fn routing_key(&self) -> &str {
        self.delivery.routing_key.as_str()
    }

    pub(crate) fn properties(&self) -> &BasicProperties {
        &self.delivery.properties
    }

    pub(crate) fn received_at(&self) -> ReceivedAt {
        self.delivery.received_at
    }

    pub(crate) fn acker(&self) -> &Acker {
        &self.delivery.acker
    }

    /// How much memory its body takes that the budget of deliveries does not count.
    pub(crate) fn unpacked_bytes(&self) -> usize {
        if self.delivery.unpacked.is_some() { self.body.len() } else { 0 }
    }

    /// Called once, when the event is stored or dead-lettered. Returns whether that settles the whole delivery, which
    /// can be acknowledged then.
    pub(crate) fn settle(&self) -> bool {
        self.delivery.unsettled.fetch_sub(1, Relaxed) == 1
    }
}

/// The events of a delivery that has several, one after the other.
#[derive(Debug)]
pub(crate) struct UnpackedMessages {
    batch: SpringBatch,
    delivery: Arc<SharedDelivery>,
}

impl UnpackedMessages {
    pub(crate) fn new(delivery: Delivery, batch: SpringBatch, all: &UnpackedBytes) -> Self {
        let received_at = ReceivedAt::now(&delivery);
        let Delivery { exchange, routing_key, acker, .. } = delivery;
        let delivery = SharedDelivery {
            exchange,
            routing_key,
            properties: batch.properties().clone(),
            received_at,
            acker,
            unsettled: AtomicUsize::new(batch.len()),
            unpacked: Some(all.add(batch.bytes())),
        };
        Self { batch, delivery: Arc::new(delivery) }
    }
}

impl Iterator for UnpackedMessages {
    type Item = SourceMessage;

    fn next(&mut self) -> Option<SourceMessage> {
        let body = self.batch.next()?;
        let is_last = self.batch.len() == 0;
        Some(SourceMessage { body, is_last, delivery: Arc::clone(&self.delivery) })
    }
}

/// How much memory is taken by events that were unpacked and are not settled. The budget of deliveries only knows
/// their size on the wire, where a batch may be compressed.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnpackedBytes(Arc<AtomicUsize>);

impl UnpackedBytes {
    pub(crate) fn now(&self) -> usize {
        self.0.load(Relaxed)
    }

    fn add(&self, bytes: usize) -> Unpacked {
        self.0.fetch_add(bytes, Relaxed);
        Unpacked { bytes, all: self.clone() }
    }
}

/// The share of one delivery, until its last event is dropped.
#[derive(Debug)]
struct Unpacked {
    bytes: usize,
    all: UnpackedBytes,
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Relaxed);
    }
}
