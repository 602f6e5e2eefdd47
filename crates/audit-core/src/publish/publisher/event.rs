use lapin::BasicProperties;

use crate::{
    AuditEvent, Topology,
    publish::{Message, PublishError},
};

/// Survives a restart of the broker (AMQP 0-9-1, class basic, property delivery-mode).
const PERSISTENT: u8 = 2;

/// An event as it goes to the exchange.
pub(super) fn message<E: AuditEvent>(
    event: &E,
    topology: &Topology,
    app_id: &str,
) -> Result<Message, PublishError> {
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("UTF-8".into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(event.event_id().to_string().into())
        .with_type(E::DOMAIN.routing_key().into())
        .with_app_id(app_id.into());
    Ok(Message {
        exchange: topology.exchange(),
        routing_key: E::DOMAIN.routing_key(),
        properties,
        body: serde_json::to_vec(event).map_err(PublishError::NotJson)?,
    })
}
