use lapin::{BasicProperties, types::ShortString};

use super::PERSISTENT;

/// The properties that a message keeps when it is published again: all except its headers, and except what would make
/// the copy get lost or the broker refuse it. The copy is persistent, does not expire, and has no `user-id`.
#[must_use]
pub fn copied_properties(given: &BasicProperties) -> BasicProperties {
    let kept = copied_but_encoding(given);
    match given.content_encoding() {
        Some(encoding) => kept.with_content_encoding(encoding.clone()),
        None => kept,
    }
}

/// The properties of a message with another content encoding, or none. All others stay, headers included, and the copy is
/// persistent.
#[must_use]
pub fn properties_encoded_as(given: &BasicProperties, encoding: Option<&str>) -> BasicProperties {
    let mut kept = copied_but_encoding(given);
    if let Some(encoding) = encoding {
        kept = kept.with_content_encoding(encoding.into());
    }
    if let Some(headers) = given.headers() {
        kept = kept.with_headers(headers.clone());
    }
    if let Some(user) = given.user_id() {
        kept = kept.with_user_id(user.clone());
    }
    if let Some(expiration) = given.expiration() {
        kept = kept.with_expiration(expiration.clone());
    }
    kept
}

fn copied_but_encoding(given: &BasicProperties) -> BasicProperties {
    type With = fn(BasicProperties, ShortString) -> BasicProperties;
    // lapin's properties can't be unset, so those that stay are copied.
    let texts: [(&Option<ShortString>, With); 7] = [
        (given.content_type(), BasicProperties::with_content_type),
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
