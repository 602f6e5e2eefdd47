//! AMQP's values as JSON has them.

use base64::{Engine, engine::general_purpose::STANDARD};
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Map, Value as Json, json};

pub(crate) fn table(table: &FieldTable) -> Map<String, Json> {
    table.inner().iter().map(|(name, value)| (name.to_string(), of(value))).collect()
}

/// Bytes that are no text are in base64; numbers keep their value.
fn of(value: &AMQPValue) -> Json {
    match value {
        AMQPValue::Boolean(value) => json!(value),
        AMQPValue::ShortShortInt(number) => json!(number),
        AMQPValue::ShortShortUInt(number) => json!(number),
        AMQPValue::ShortInt(number) => json!(number),
        AMQPValue::ShortUInt(number) => json!(number),
        AMQPValue::LongInt(number) => json!(number),
        AMQPValue::LongUInt(number) => json!(number),
        AMQPValue::LongLongInt(number) => json!(number),
        AMQPValue::Timestamp(seconds) => json!(seconds),
        AMQPValue::Float(number) => json!(number),
        AMQPValue::Double(number) => json!(number),
        AMQPValue::DecimalValue(number) => json!({ "value": number.value, "scale": number.scale }),
        AMQPValue::ShortString(text) => json!(text.as_str()),
        AMQPValue::LongString(text) => bytes(text.as_bytes()),
        AMQPValue::ByteArray(array) => bytes(array.as_slice()),
        AMQPValue::FieldArray(array) => array.as_slice().iter().map(of).collect(),
        AMQPValue::FieldTable(inner) => Json::Object(table(inner)),
        AMQPValue::Void => Json::Null,
    }
}

fn bytes(bytes: &[u8]) -> Json {
    std::str::from_utf8(bytes).map_or_else(|_| json!(STANDARD.encode(bytes)), |text| json!(text))
}
