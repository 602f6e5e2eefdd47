use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use lapin::{Acker, BasicProperties, message::Delivery, types::ShortString};

use super::spring_batch::SpringBatch;

/// A message with one event: a delivery, or one of several in the same delivery.
#[derive(Debug)]
pub(crate) struct SourceMessage {
    pub(crate) body: Vec<u8>,
    /// Whether it is the last event of its delivery.
    pub(crate) is_last: bool,
    delivery: Arc<SharedDelivery>,
}

/// The part that all events of a delivery share.
#[derive(Debug)]
struct SharedDelivery {
    exchange: ShortString,
    routing_key: ShortString,
    properties: BasicProperties,
    received_at: ReceivedAt,
    acker: Acker,
    /// How many of its events are not yet settled.
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

    /// How much memory its body takes beyond what the budget of deliveries counts.
    pub(crate) fn unpacked_bytes(&self) -> usize {
        if self.delivery.unpacked.is_some() { self.body.len() } else { 0 }
    }

    /// Called once, when the event is stored or dead-lettered. Returns whether the whole delivery is settled and can be
    /// acknowledged.
    pub(crate) fn settle(&self) -> bool {
        self.delivery.unsettled.fetch_sub(1, Relaxed) == 1
    }
}

/// An iterator over the events of a delivery that has several.
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

/// How much memory is taken by unpacked events that are not yet settled. The budget of deliveries counts their size on the
/// wire only, where a batch may be compressed.
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
