use lapin::{BasicProperties, types::ShortString};

use super::PERSISTENT;

/// The properties that a message keeps when it is published once more: all but its headers, and what would lose the
/// copy or have the broker refuse it. The copy is persistent and does not expire, and it can't claim to be from the
/// publisher's user.
#[must_use]
pub fn copied_properties(given: &BasicProperties) -> BasicProperties {
    type With = fn(BasicProperties, ShortString) -> BasicProperties;
    // lapin's properties can't be taken away once they are set: those that stay are copied.
    let texts: [(&Option<ShortString>, With); 8] = [
        (given.content_type(), BasicProperties::with_content_type),
        (given.content_encoding(), BasicProperties::with_content_encoding),
        (given.correlation_id(), BasicProperties::with_correlation_id),
        (given.reply_to(), BasicProperties::with_reply_to),
        (given.message_id(), BasicProperties::with_message_id),
        (given.kind(), BasicProperties::with_type),
        (given.app_id(), BasicProperties::with_app_id),
        (given.cluster_id(), BasicProperties::with_cluster_id),
    ];
    let mut kept = BasicProperties::default().with_delivery_mode(PERSISTENT);
    for (value, with) in texts {
        if let Some(value) = value {
            kept = with(kept, value.clone());
        }
    }
    if let Some(priority) = given.priority() {
        kept = kept.with_priority(*priority);
    }
    if let Some(timestamp) = given.timestamp() {
        kept = kept.with_timestamp(*timestamp);
    }
    kept
}
