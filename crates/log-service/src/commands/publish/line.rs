//! One line of a file to publish.

use std::collections::BTreeMap;

use audit_core::publish::Message;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// Where messages go.
pub(super) struct Exchanges<'a> {
    /// If a line names none.
    pub(super) default: &'a str,
    /// Whatever a line names.
    pub(super) instead: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    exchange: Option<String>,
    routing_key: String,
    #[serde(default)]
    properties: Properties,
    /// As it stands: the body is sent byte for byte.
    #[serde(borrow)]
    body: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Properties {
    content_type: String,
    content_encoding: String,
    delivery_mode: u8,
    priority: u8,
    message_id: Option<String>,
    correlation_id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    app_id: Option<String>,
    headers: BTreeMap<String, Value>,
}

/// As Spring sends them.
impl Default for Properties {
    fn default() -> Self {
        Self {
            content_type: "application/json".to_owned(),
            content_encoding: "UTF-8".to_owned(),
            delivery_mode: 2,
            priority: 0,
            message_id: None,
            correlation_id: None,
            kind: None,
            app_id: None,
            headers: BTreeMap::new(),
        }
    }
}

/// The message of a line.
pub(super) fn read(text: &[u8], exchanges: &Exchanges<'_>) -> Result<Message, serde_json::Error> {
    let Line { exchange, routing_key, properties, body } = serde_json::from_slice(text)?;
    let exchange = match exchanges.instead {
        Some(instead) => instead.to_owned(),
        None => exchange.unwrap_or_else(|| exchanges.default.to_owned()),
    };
    Ok(Message { exchange, routing_key, properties: amqp(properties), body: body.get().into() })
}

fn amqp(properties: Properties) -> BasicProperties {
    let Properties {
        content_type,
        content_encoding,
        delivery_mode,
        priority,
        message_id,
        correlation_id,
        kind,
        app_id,
        headers,
    } = properties;
    let mut amqp = BasicProperties::default()
        .with_content_type(content_type.into())
        .with_content_encoding(content_encoding.into())
        .with_delivery_mode(delivery_mode)
        .with_priority(priority);
    if let Some(id) = message_id {
        amqp = amqp.with_message_id(id.into());
    }
    if let Some(id) = correlation_id {
        amqp = amqp.with_correlation_id(id.into());
    }
    if let Some(kind) = kind {
        amqp = amqp.with_type(kind.into());
    }
    if let Some(id) = app_id {
        amqp = amqp.with_app_id(id.into());
    }
    if headers.is_empty() {
        return amqp;
    }
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(name.into(), header(value));
    }
    amqp.with_headers(table)
}

/// JSON's types as AMQP has them; what AMQP has no like of is sent as its JSON text.
fn header(value: Value) -> AMQPValue {
    match value {
        Value::Null => AMQPValue::Void,
        Value::Bool(value) => AMQPValue::Boolean(value),
        Value::String(text) => AMQPValue::LongString(text.into()),
        other => other
            .as_i64()
            .map_or_else(|| AMQPValue::LongString(other.to_string().into()), AMQPValue::LongLongInt),
    }
}
