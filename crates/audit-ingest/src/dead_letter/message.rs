use std::borrow::Cow;

use audit_core::{Domain, Topology, publish::Message};
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldArray, FieldTable, ShortString},
};

use super::Rejection;

/// All headers of a message must fit into one frame, 128 KiB by default. Ours take a few of them.
const MOST_HEADER_BYTES: usize = 100 * 1024;

/// The original message, with headers that say why it is here: those that Spring's users know, and the reason in
/// a form for programs.
///
/// Body and properties are the original's, but for what would lose the copy or have the broker refuse it: a dead
/// letter is persistent and does not expire, and it can't claim to be from the publisher's user.
pub(super) fn dead_letter(
    original: Delivery,
    rejection: &Rejection,
    topology: &Topology,
    domain: Domain,
) -> Message {
    const PERSISTENT: u8 = 2;
    let properties = &original.properties;
    let given = properties.headers().clone().unwrap_or_default();
    let too_large = table_bytes(&given) > MOST_HEADER_BYTES;
    let mut headers = if too_large { FieldTable::default() } else { given };
    let mut header = |name: &str, value: Cow<'_, str>| {
        headers.insert(name.into(), AMQPValue::LongString(value.into_owned().into()));
    };
    if too_large {
        header("x-audit-headers", "left out: too large for one frame beside these".into());
    }
    header("x-exception-message", shortened(&rejection.to_string()));
    header("x-original-exchange", original.exchange.as_str().into());
    header("x-original-routingKey", original.routing_key.as_str().into());
    header("x-audit-reason", rejection.reason().into());
    if let Some(field) = rejection.field() {
        header("x-audit-field", shortened(field));
    }
    if let Some(user) = properties.user_id() {
        header("x-original-user-id", user.as_str().into());
    }
    if let Some(expiration) = properties.expiration() {
        header("x-original-expiration", expiration.as_str().into());
    }
    Message {
        exchange: topology.dead_letter_exchange(),
        routing_key: domain.dead_letter_routing_key(),
        properties: without_user_and_expiration(properties)
            .with_headers(headers)
            .with_delivery_mode(PERSISTENT),
        body: original.data,
    }
}

/// lapin's properties can't be taken away once they are set: all others are copied.
fn without_user_and_expiration(given: &BasicProperties) -> BasicProperties {
    type With = fn(BasicProperties, ShortString) -> BasicProperties;
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
    let mut kept = BasicProperties::default();
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

/// Text from outside, cut off where it is long.
pub(super) fn shortened(text: &str) -> Cow<'static, str> {
    const MOST_CHARS: usize = 500;
    text.chars().take(MOST_CHARS).collect::<String>().into()
}

/// About how many bytes a table takes in a frame.
fn table_bytes(table: &FieldTable) -> usize {
    table.inner().iter().map(|(name, value)| name.as_str().len() + 1 + value_bytes(value)).sum()
}

fn value_bytes(value: &AMQPValue) -> usize {
    const NUMBER_AND_TAG: usize = 9;
    let content = match value {
        AMQPValue::LongString(text) => text.as_bytes().len(),
        AMQPValue::ShortString(text) => text.as_str().len(),
        AMQPValue::ByteArray(bytes) => bytes.as_slice().len(),
        AMQPValue::FieldTable(table) => table_bytes(table),
        AMQPValue::FieldArray(array) => array_bytes(array),
        _ => 0,
    };
    NUMBER_AND_TAG + content
}

fn array_bytes(array: &FieldArray) -> usize {
    array.as_slice().iter().map(value_bytes).sum()
}
