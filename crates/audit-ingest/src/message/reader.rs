use audit_core::{
    dead_letter::headers::ORIGINAL_ROUTING_KEY,
    store::{DomainLog, Malformed, Row},
};

use super::{decode::decode, headers::header_text, source::SourceMessage};
use crate::Settings;

/// Reads the messages of one domain's queue.
#[derive(Debug)]
pub(crate) struct MessageReader<'a> {
    log: &'a DomainLog,
    settings: &'a Settings,
    /// The keys that messages of the domain are published with: its own, and its queue's name.
    routing_keys: [String; 2],
}

impl<'a> MessageReader<'a> {
    pub(crate) fn new(log: &'a DomainLog, settings: &'a Settings) -> Self {
        let domain = log.domain();
        let routing_keys = [domain.routing_key(), settings.topology.queue(domain)];
        Self { log, settings, routing_keys }
    }

    /// Decodes a message into a row, if the message belongs to this domain.
    pub(crate) fn read(&self, message: &SourceMessage) -> Result<Row, Malformed> {
        let headers = message.properties().headers().as_ref();
        // Other tools put a dead letter back into its queue with another key.
        let original = headers.and_then(|headers| header_text(headers, ORIGINAL_ROUTING_KEY));
        for key in [Some(message.routing_key()), original].into_iter().flatten() {
            if !self.routing_keys.iter().any(|of_domain| of_domain == key) {
                return Err(Malformed::WrongDomain(key.to_owned()));
            }
        }
        decode(&message.body, message.properties(), self.log, self.settings)
    }

    /// Whether an event only reports a read. Such events are not stored.
    pub(crate) fn is_read_action(&self, row: &Row) -> bool {
        self.settings.read_actions.contains(row.action_type.as_str())
    }

    /// Whether the event's action is in the domain's list.
    pub(crate) fn knows_action(&self, row: &Row) -> bool {
        self.log.knows(row.action_type.as_str())
    }
}
