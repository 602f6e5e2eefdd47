use lapin::BasicProperties;
use uuid::Uuid;

use crate::{
    AuditEvent, Topology,
    publish::{Message, PERSISTENT, PublishError, current_trace_parent},
};

impl Message {
    /// The message for an event that is already JSON. `app_id` names the publisher.
    #[must_use]
    pub fn of_event(
        topology: &Topology,
        routing_key: String,
        event_id: Uuid,
        body: Vec<u8>,
        app_id: &str,
    ) -> Self {
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_content_encoding("UTF-8".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(event_id.to_string().into())
            .with_type(routing_key.as_str().into())
            .with_app_id(app_id.into());
        Self { exchange: topology.exchange(), routing_key, properties, body }
    }
}

/// The message for an event.
pub(super) fn message<E: AuditEvent>(
    event: &E,
    topology: &Topology,
    app_id: &str,
) -> Result<Message, PublishError> {
    let body = serde_json::to_vec(event).map_err(PublishError::NotJson)?;
    let message = Message::of_event(topology, E::DOMAIN.routing_key(), event.event_id(), body, app_id);
    Ok(match current_trace_parent() {
        Some(trace_parent) => message.sent_from(&trace_parent),
        None => message,
    })
}
