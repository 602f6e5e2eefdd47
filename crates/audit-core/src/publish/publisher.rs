use lapin::BasicProperties;

use super::{Broker, ConfirmedChannel, Message, PublishError};
use crate::{AuditEvent, Topology};

/// Publishes events of any domain, each confirmed by the broker. It connects when it is first used, and
/// again after a failure.
#[derive(Debug)]
pub struct Publisher {
    broker: Broker,
    topology: Topology,
    channel: Option<ConfirmedChannel>,
}

impl Publisher {
    /// A publisher to the exchange of `topology`.
    #[must_use]
    pub fn new(broker: Broker, topology: Topology) -> Self {
        Self { broker, topology, channel: None }
    }

    /// Publishes an event, and returns when the broker has it.
    ///
    /// After an error, the event may have arrived all the same. Publishing it again is safe: the same id
    /// and time are stored once.
    pub async fn publish<E: AuditEvent>(&mut self, event: &E) -> Result<(), PublishError> {
        let message = self.message(event)?;
        let mut channel = match self.channel.take() {
            Some(channel) => channel,
            None => ConfirmedChannel::open(&self.broker).await?,
        };
        let outcome = channel.publish(&message).await;
        if matches!(
            outcome,
            Ok(())
                | Err(PublishError::Unroutable { .. } | PublishError::Refused | PublishError::NameTooLong(_))
        ) {
            self.channel = Some(channel);
        }
        outcome
    }

    /// Ends the connection in order.
    pub async fn close(self) {
        if let Some(channel) = self.channel {
            channel.close().await;
        }
    }

    fn message<E: AuditEvent>(&self, event: &E) -> Result<Message, PublishError> {
        const PERSISTENT: u8 = 2;
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_content_encoding("UTF-8".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(event.event_id().to_string().into())
            .with_app_id(self.broker.connection_name.as_str().into());
        Ok(Message {
            exchange: self.topology.exchange(),
            routing_key: E::DOMAIN.routing_key(),
            properties,
            body: serde_json::to_vec(event).map_err(PublishError::NotJson)?,
        })
    }
}
