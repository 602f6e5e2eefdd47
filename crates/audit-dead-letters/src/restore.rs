use audit_core::{
    Topology,
    dead_letter::headers::{PREFIXES, REPLAYS},
    publish::{Message, copied_properties},
};
use lapin::types::{AMQPValue, FieldTable};

use crate::DeadLetter;

/// Headers that the broker adds when it dead-letters or redelivers. Older brokers would take them for the history of a
/// message that is published again.
const OF_THE_BROKER: [&str; 5] =
    ["x-death", "x-first-death-", "x-last-death-", "x-delivery-count", "x-acquired-count"];

/// Makes the broker route copies to other queues, where they have already arrived.
const CARBON_COPIES: &str = "CC";

impl DeadLetter {
    /// The original message: to the exchange of all events, with its own key.
    ///
    /// The key is used only if the message was published to that exchange; any other message goes to its domain's queue.
    /// User and expiration are not restored: the broker refuses another user's name, and an event that expires is lost.
    pub(crate) fn restored(&self, topology: &Topology) -> Message {
        let exchange = topology.exchange();
        let is_event = self.exchange == exchange && !self.routing_key.is_empty();
        let routing_key = if is_event { self.routing_key.clone() } else { self.domain.routing_key() };
        let mut properties = copied_properties(&self.properties);
        let headers = self.restored_headers();
        if !headers.inner().is_empty() {
            properties = properties.with_headers(headers);
        }
        Message { exchange, routing_key, properties, body: self.body.clone() }
    }

    /// The original message, with its number of replays increased.
    pub(crate) fn replayed(&self, topology: &Topology) -> Message {
        let mut message = self.restored(topology);
        let mut headers = self.restored_headers();
        headers.insert(REPLAYS.into(), AMQPValue::LongLongInt(i64::from(self.replays) + 1));
        message.properties = message.properties.with_headers(headers);
        message
    }

    fn restored_headers(&self) -> FieldTable {
        let added = |name: &str| {
            let mut beginnings = PREFIXES.iter().chain(&OF_THE_BROKER);
            name == CARBON_COPIES || beginnings.any(|beginning| name.starts_with(beginning))
        };
        let mut headers = FieldTable::default();
        let given = self.properties.headers().iter().flat_map(FieldTable::inner);
        for (name, value) in given.filter(|(name, _)| !added(name.as_str())) {
            headers.insert(name.clone(), value.clone());
        }
        headers
    }
}
