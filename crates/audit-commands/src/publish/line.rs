//! One line of a file to publish.

use std::collections::BTreeMap;

use audit_core::publish::{Message, PERSISTENT};
use audit_dead_letters::{InvalidValue, amqp_value};
use base64::{Engine, engine::general_purpose::STANDARD};
use lapin::{
    BasicProperties,
    types::{FieldTable, ShortString},
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

/// The exchange that a message goes to.
pub(crate) struct Exchanges<'a> {
    /// The exchange of lines that name none.
    pub(crate) default: &'a str,
    /// The exchange of all lines, whatever they name.
    pub(crate) instead: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    exchange: Option<String>,
    routing_key: String,
    #[serde(default)]
    properties: Properties,
    /// Unparsed: the body is sent byte for byte.
    #[serde(borrow, default, deserialize_with = "present")]
    body: Option<&'a RawValue>,
    /// A body that is no JSON.
    body_text: Option<String>,
    /// A body that is no text either.
    body_base64: Option<String>,
    /// The description of an exported dead letter, which is not published.
    #[serde(rename = "dead_letter")]
    _dead_letter: Option<IgnoredAny>,
}

/// A body that is `null` is present all the same.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Why a line can't be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("an event alone: it goes into `body`, beside a `routing_key` such as `payment.log`")]
    EventAlone,
    #[error("expected one of `body`, `body_text` and `body_base64`")]
    NotOneBody,
    #[error("body_base64: {0}")]
    Base64(#[from] base64::DecodeError),
    #[error("the header `{name}`: {source}")]
    Header { name: ShortString, source: InvalidValue },
}

/// `null` removes a property, even one with a default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Properties {
    content_type: Option<Name>,
    content_encoding: Option<Name>,
    delivery_mode: Option<u8>,
    priority: Option<u8>,
    message_id: Option<Name>,
    correlation_id: Option<Name>,
    reply_to: Option<Name>,
    expiration: Option<Name>,
    timestamp: Option<u64>,
    user_id: Option<Name>,
    cluster_id: Option<Name>,
    #[serde(rename = "type")]
    kind: Option<Name>,
    app_id: Option<Name>,
    headers: BTreeMap<Name, Value>,
}

/// A short string of AMQP: at most 255 bytes.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Name(ShortString);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = text.len();
        ShortString::try_new(text)
            .map(Self)
            .map_err(|_| format!("{bytes} bytes where AMQP takes at most 255"))
    }
}

/// The properties that Spring sends.
impl Default for Properties {
    fn default() -> Self {
        Self {
            content_type: Some(Name("application/json".into())),
            content_encoding: Some(Name("UTF-8".into())),
            delivery_mode: Some(PERSISTENT),
            priority: Some(0),
            message_id: None,
            correlation_id: None,
            reply_to: None,
            expiration: None,
            timestamp: None,
            user_id: None,
            cluster_id: None,
            kind: None,
            app_id: None,
            headers: BTreeMap::new(),
        }
    }
}

/// Reads the message of a line.
pub(crate) fn read_message(text: &[u8], exchanges: &Exchanges<'_>) -> Result<Message, LineError> {
    let Line { exchange, routing_key, properties, body, body_text, body_base64, .. } =
        serde_json::from_slice(text)
            .map_err(|error| if is_event(text) { LineError::EventAlone } else { error.into() })?;
    let body = match (body, body_text, body_base64) {
        (Some(json), None, None) => json.get().into(),
        (None, Some(text), None) => text.into_bytes(),
        (None, None, Some(base64)) => STANDARD.decode(base64)?,
        _ => return Err(LineError::NotOneBody),
    };
    let exchange = match exchanges.instead {
        Some(instead) => instead.to_owned(),
        None => exchange.unwrap_or_else(|| exchanges.default.to_owned()),
    };
    Ok(Message { exchange, routing_key, properties: amqp(properties)?, body })
}

/// Whether a line is an event, which should be the body of one.
fn is_event(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "eventId")]
        _event_id: IgnoredAny,
    }
    serde_json::from_slice::<Event>(text).is_ok()
}

fn amqp(properties: Properties) -> Result<BasicProperties, LineError> {
    type With = fn(BasicProperties, ShortString) -> BasicProperties;
    let texts: [(Option<Name>, With); 10] = [
        (properties.content_type, BasicProperties::with_content_type),
        (properties.content_encoding, BasicProperties::with_content_encoding),
        (properties.message_id, BasicProperties::with_message_id),
        (properties.correlation_id, BasicProperties::with_correlation_id),
        (properties.reply_to, BasicProperties::with_reply_to),
        (properties.expiration, BasicProperties::with_expiration),
        (properties.kind, BasicProperties::with_type),
        (properties.user_id, BasicProperties::with_user_id),
        (properties.app_id, BasicProperties::with_app_id),
        (properties.cluster_id, BasicProperties::with_cluster_id),
    ];
    let mut amqp = BasicProperties::default();
    for (value, with) in texts {
        if let Some(Name(value)) = value {
            amqp = with(amqp, value);
        }
    }
    if let Some(mode) = properties.delivery_mode {
        amqp = amqp.with_delivery_mode(mode);
    }
    if let Some(priority) = properties.priority {
        amqp = amqp.with_priority(priority);
    }
    if let Some(timestamp) = properties.timestamp {
        amqp = amqp.with_timestamp(timestamp);
    }
    if properties.headers.is_empty() {
        return Ok(amqp);
    }
    let mut table = FieldTable::default();
    for (Name(name), value) in properties.headers {
        let value = amqp_value(value).map_err(|source| LineError::Header { name: name.clone(), source })?;
        table.insert(name, value);
    }
    Ok(amqp.with_headers(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> LineError {
        read_message(line.as_bytes(), &Exchanges { default: "tickatch.log", instead: None }).unwrap_err()
    }

    #[test]
    fn an_event_without_its_message_is_told_from_other_mistakes() {
        assert!(matches!(refused(r#"{"eventId":"1","actionType":"CREATE"}"#), LineError::EventAlone));
        assert!(matches!(refused(r#"{"routing_key":"payment.log","bodi":{}}"#), LineError::Json(_)));
        assert!(matches!(refused(r#"{"routing_key":"payment.log"}"#), LineError::NotOneBody));
        assert!(matches!(refused("[]"), LineError::Json(_)));
    }
}
