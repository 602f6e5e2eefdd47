use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use lapin::{Acker, BasicProperties, message::Delivery, types::ShortString};

use crate::{SpringBatch, held::Taken};

/// A message of one event: a delivery, or one of the several that came in a delivery.
#[derive(Debug)]
pub(crate) struct Original {
    pub(crate) body: Vec<u8>,
    /// Whether no further event of its delivery comes after it.
    pub(crate) is_last: bool,
    delivered: Arc<Delivered>,
}

/// What the events of a delivery have in common.
#[derive(Debug)]
struct Delivered {
    exchange: ShortString,
    routing_key: ShortString,
    properties: BasicProperties,
    taken: Taken,
    acker: Acker,
    /// How many of its events are not settled.
    open: AtomicUsize,
    unpacked: Option<Unpacked>,
}

impl Original {
    /// A delivery, as it came.
    pub(crate) fn of(delivery: Delivery) -> Self {
        let taken = Taken::now(&delivery);
        let Delivery { exchange, routing_key, properties, data: body, acker, .. } = delivery;
        let open = AtomicUsize::new(1);
        let delivered = Delivered { exchange, routing_key, properties, taken, acker, open, unpacked: None };
        Self { body, is_last: true, delivered: Arc::new(delivered) }
    }

    pub(crate) fn exchange(&self) -> &str {
        self.delivered.exchange.as_str()
    }

    pub(crate) fn routing_key(&self) -> &str {
        self.delivered.routing_key.as_str()
    }

    pub(crate) fn properties(&self) -> &BasicProperties {
        &self.delivered.properties
    }

    /// When its delivery was taken.
    pub(crate) fn taken(&self) -> Taken {
        self.delivered.taken
    }

    pub(crate) fn acker(&self) -> &Acker {
        &self.delivered.acker
    }

    /// How much memory its body takes that the budget of deliveries does not know of.
    pub(crate) fn unpacked_bytes(&self) -> usize {
        if self.delivered.unpacked.is_some() { self.body.len() } else { 0 }
    }

    /// Says, once, that its event is stored or buried. Tells whether all of its delivery are: it can be acknowledged.
    pub(crate) fn settle(&self) -> bool {
        self.delivered.open.fetch_sub(1, Relaxed) == 1
    }
}

/// The events of a delivery that has several, one after the other.
#[derive(Debug)]
pub(crate) struct Originals {
    batch: SpringBatch,
    delivered: Arc<Delivered>,
}

impl Originals {
    pub(crate) fn of(delivery: Delivery, batch: SpringBatch, all: &UnpackedBytes) -> Self {
        let taken = Taken::now(&delivery);
        let Delivery { exchange, routing_key, acker, .. } = delivery;
        let delivered = Delivered {
            exchange,
            routing_key,
            properties: batch.properties().clone(),
            taken,
            acker,
            open: AtomicUsize::new(batch.len()),
            unpacked: Some(all.take(batch.bytes())),
        };
        Self { batch, delivered: Arc::new(delivered) }
    }
}

impl Iterator for Originals {
    type Item = Original;

    fn next(&mut self) -> Option<Original> {
        let body = self.batch.next()?;
        let is_last = self.batch.len() == 0;
        Some(Original { body, is_last, delivered: Arc::clone(&self.delivered) })
    }
}

/// How much memory the events take that were unpacked and are not settled. The budget of deliveries knows only what
/// they took on the wire, where a batch may be compressed.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnpackedBytes(Arc<AtomicUsize>);

impl UnpackedBytes {
    pub(crate) fn now(&self) -> usize {
        self.0.load(Relaxed)
    }

    fn take(&self, bytes: usize) -> Unpacked {
        self.0.fetch_add(bytes, Relaxed);
        Unpacked { bytes, all: self.clone() }
    }
}

/// What one delivery takes of it, until its last event is dropped.
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
