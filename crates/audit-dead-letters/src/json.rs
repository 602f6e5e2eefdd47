//! AMQP's values as JSON, and back. Types that JSON has are written as they are, all others with their type.
//!
//! Text, 64-bit numbers, Booleans, lists and tables are JSON's own; `null` is AMQP's void. An object with one field whose
//! name begins with `$` is a value of the type that it names: `{"$timestamp": 1765018829}`.

use base64::{Engine, engine::general_purpose::STANDARD};
use lapin::types::{AMQPValue, DecimalValue, FieldTable, ShortString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Number, Value as Json, json};

/// Why JSON is not an AMQP value.
#[derive(Debug, thiserror::Error)]
pub enum InvalidValue {
    /// There is no such type.
    #[error("there is no type `{0}`; a table with such a field is written as {{\"$table\": …}}")]
    UnknownType(String),
    /// The type has no such value.
    #[error("no {0}: {1}")]
    Invalid(&'static str, serde_json::Error),
    /// The bytes are not in base64.
    #[error("no base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// A field's name is longer than AMQP allows.
    #[error("a name of {0} bytes where AMQP takes at most 255")]
    NameTooLong(usize),
}

const INT8: &str = "$int8";
const UINT8: &str = "$uint8";
const INT16: &str = "$int16";
const UINT16: &str = "$uint16";
const INT32: &str = "$int32";
const UINT32: &str = "$uint32";
const TIMESTAMP: &str = "$timestamp";
const FLOAT: &str = "$float";
const DOUBLE: &str = "$double";
const DECIMAL: &str = "$decimal";
/// Text that is not UTF-8, in base64.
const STRING: &str = "$string";
const BYTES: &str = "$bytes";
const TABLE: &str = "$table";

#[derive(Deserialize)]
struct Decimal {
    value: u32,
    scale: u8,
}

pub(crate) fn table(table: &FieldTable) -> Map<String, Json> {
    table.inner().iter().map(|(name, value)| (name.to_string(), of(value))).collect()
}

fn of(value: &AMQPValue) -> Json {
    match value {
        AMQPValue::Void => Json::Null,
        AMQPValue::Boolean(value) => json!(value),
        AMQPValue::LongLongInt(number) => json!(number),
        AMQPValue::ShortShortInt(number) => json!({ INT8: number }),
        AMQPValue::ShortShortUInt(number) => json!({ UINT8: number }),
        AMQPValue::ShortInt(number) => json!({ INT16: number }),
        AMQPValue::ShortUInt(number) => json!({ UINT16: number }),
        AMQPValue::LongInt(number) => json!({ INT32: number }),
        AMQPValue::LongUInt(number) => json!({ UINT32: number }),
        AMQPValue::Timestamp(seconds) => json!({ TIMESTAMP: seconds }),
        AMQPValue::Double(number) if number.is_finite() => json!(number),
        AMQPValue::Double(number) => json!({ DOUBLE: number.to_string() }),
        AMQPValue::Float(number) => json!({ FLOAT: number.to_string() }),
        AMQPValue::DecimalValue(DecimalValue { value, scale }) => {
            json!({ DECIMAL: { "value": value, "scale": scale } })
        }
        AMQPValue::ShortString(text) => json!(text.as_str()),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => json!(text),
            Err(_) => json!({ STRING: STANDARD.encode(text.as_bytes()) }),
        },
        AMQPValue::ByteArray(array) => json!({ BYTES: STANDARD.encode(array.as_slice()) }),
        AMQPValue::FieldArray(array) => array.as_slice().iter().map(of).collect(),
        AMQPValue::FieldTable(inner) => {
            let fields = table(inner);
            if has_type(&fields) { json!({ TABLE: fields }) } else { Json::Object(fields) }
        }
    }
}

/// Whether an object is a typed value.
fn has_type(fields: &Map<String, Json>) -> bool {
    fields.len() == 1 && fields.keys().all(|name| name.starts_with('$'))
}

/// Converts JSON, as in the headers of an exported line, to a value.
pub fn amqp_value(json: Json) -> Result<AMQPValue, InvalidValue> {
    Ok(match json {
        Json::Null => AMQPValue::Void,
        Json::Bool(value) => AMQPValue::Boolean(value),
        Json::Number(number) => amqp_number(&number),
        Json::String(text) => AMQPValue::LongString(text.into()),
        Json::Array(items) => {
            AMQPValue::FieldArray(items.into_iter().map(amqp_value).collect::<Result<Vec<_>, _>>()?.into())
        }
        Json::Object(fields) if has_type(&fields) => match fields.into_iter().next() {
            Some((name, value)) => typed(&name, value)?,
            None => AMQPValue::FieldTable(FieldTable::default()),
        },
        Json::Object(fields) => AMQPValue::FieldTable(amqp_table(fields)?),
    })
}

/// Integers of up to 64 bits, and other numbers as doubles. Larger integers become text.
fn amqp_number(number: &Number) -> AMQPValue {
    let text = number.to_string();
    let fraction = text.contains(['.', 'e', 'E']).then(|| number.as_f64()).flatten();
    match (number.as_i64(), fraction) {
        (Some(number), _) => AMQPValue::LongLongInt(number),
        (None, Some(number)) => AMQPValue::Double(number),
        (None, None) => AMQPValue::LongString(text.into()),
    }
}

fn amqp_table(fields: Map<String, Json>) -> Result<FieldTable, InvalidValue> {
    let mut table = FieldTable::default();
    for (name, value) in fields {
        let bytes = name.len();
        let name = ShortString::try_new(name).map_err(|_| InvalidValue::NameTooLong(bytes))?;
        table.insert(name, amqp_value(value)?);
    }
    Ok(table)
}

fn typed(name: &str, value: Json) -> Result<AMQPValue, InvalidValue> {
    Ok(match name {
        INT8 => AMQPValue::ShortShortInt(read("number of 8 bits", value)?),
        UINT8 => AMQPValue::ShortShortUInt(read("positive number of 8 bits", value)?),
        INT16 => AMQPValue::ShortInt(read("number of 16 bits", value)?),
        UINT16 => AMQPValue::ShortUInt(read("positive number of 16 bits", value)?),
        INT32 => AMQPValue::LongInt(read("number of 32 bits", value)?),
        UINT32 => AMQPValue::LongUInt(read("positive number of 32 bits", value)?),
        TIMESTAMP => AMQPValue::Timestamp(read("number of seconds", value)?),
        FLOAT => AMQPValue::Float(number_in_text("float", value)?),
        DOUBLE => AMQPValue::Double(number_in_text("double", value)?),
        DECIMAL => {
            let Decimal { value, scale } = read("decimal, which has a value and a scale", value)?;
            AMQPValue::DecimalValue(DecimalValue { scale, value })
        }
        STRING => AMQPValue::LongString(bytes(value)?.into()),
        BYTES => AMQPValue::ByteArray(bytes(value)?.into()),
        TABLE => AMQPValue::FieldTable(amqp_table(read("table", value)?)?),
        unknown => return Err(InvalidValue::UnknownType(unknown.to_owned())),
    })
}

fn read<T: DeserializeOwned>(what: &'static str, value: Json) -> Result<T, InvalidValue> {
    serde_json::from_value(value).map_err(|error| InvalidValue::Invalid(what, error))
}

/// As text, numbers are exact, and can be `NaN` or `inf`.
fn number_in_text<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &'static str,
    value: Json,
) -> Result<T, InvalidValue> {
    let text: String = read(what, value)?;
    text.parse().map_err(|error| InvalidValue::Invalid(what, serde::de::Error::custom(error)))
}

fn bytes(value: Json) -> Result<Vec<u8>, InvalidValue> {
    Ok(STANDARD.decode(read::<String>("base64", value)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: Json) -> String {
        amqp_value(json).unwrap_err().to_string()
    }

    /// Nested at most as deeply as readable messages are.
    fn nested() -> AMQPValue {
        (0..32).fold(AMQPValue::LongInt(1), |inner, level| {
            if level % 2 == 0 {
                return AMQPValue::FieldArray(vec![inner].into());
            }
            let mut table = FieldTable::default();
            table.insert("$like a type".into(), inner);
            AMQPValue::FieldTable(table)
        })
    }

    #[test]
    fn every_value_comes_back_with_its_type() {
        for value in [
            AMQPValue::Void,
            AMQPValue::Boolean(true),
            AMQPValue::ShortShortInt(-8),
            AMQPValue::ShortShortUInt(200),
            AMQPValue::ShortInt(-16),
            AMQPValue::ShortUInt(60_000),
            AMQPValue::LongInt(-32),
            AMQPValue::LongUInt(4_000_000_000),
            AMQPValue::LongLongInt(i64::MIN),
            AMQPValue::Timestamp(u64::MAX),
            AMQPValue::Float(0.1),
            AMQPValue::Float(f32::NEG_INFINITY),
            AMQPValue::Double(0.5),
            AMQPValue::Double(-1.0),
            AMQPValue::Double(1e300),
            AMQPValue::Double(f64::INFINITY),
            AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 314 }),
            AMQPValue::LongString("좌석".into()),
            AMQPValue::LongString(vec![0xff].into()),
            AMQPValue::ByteArray(b"text".to_vec().into()),
            AMQPValue::FieldTable(FieldTable::default()),
            nested(),
        ] {
            // As in an exported line, within the depth that others can parse.
            let line = of(&value).to_string();
            let read = amqp_value(serde_json::from_str(&line).unwrap()).unwrap();
            assert_eq!(read, value, "{line}");
        }
    }

    #[test]
    fn text_and_whole_numbers_are_written_as_they_are() {
        assert_eq!(of(&AMQPValue::LongString("a".into())), json!("a"));
        assert_eq!(of(&AMQPValue::LongLongInt(7)), json!(7));
        assert_eq!(of(&AMQPValue::LongInt(7)), json!({"$int32": 7}));
        assert_eq!(of(&AMQPValue::Timestamp(7)), json!({"$timestamp": 7}));
    }

    #[test]
    fn what_is_no_value_is_told() {
        assert!(refused(json!({"$int": 7})).contains("there is no type `$int`"));
        assert!(refused(json!({"$int32": "7"})).contains("no number of 32 bits"));
        assert!(refused(json!({"$int8": 128})).contains("no number of 8 bits"));
        assert!(refused(json!([{"$bytes": "?"}])).contains("no base64"));
        assert!(refused(json!({"a": {"$float": "much"}})).contains("no float"));
        assert!(refused(json!({"x".repeat(256): 1})).contains("256 bytes"));
    }
}
