//! Deserializes the value of a field that the event does not know.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::decimal::NUMBER;

/// Keys with a special meaning to `serde_json`. It parses text under one of them as JSON again, which may be nested as
/// deeply again: a few levels of that overflow the stack.
const PRIVATE: &str = "$serde_json::private::";

/// Whether a field of this name can be stored.
pub(super) fn check_name<E: de::Error>(name: &str) -> Result<(), E> {
    if name.starts_with(PRIVATE) {
        return Err(E::custom("holds a name that is kept for numbers"));
    }
    check_text(name)
}

fn check_text<E: de::Error>(text: &str) -> Result<(), E> {
    if text.contains('\0') {
        return Err(E::custom("holds a NUL character, which can't be stored"));
    }
    Ok(())
}

/// Reads any value that can be stored, without null members of objects.
///
/// `serde_json` itself would interpret its private keys in a [`Value`], which a message can contain as well.
pub(super) struct UnknownValue;

impl<'de> DeserializeSeed<'de> for UnknownValue {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UnknownValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        check_text(text)?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if name == NUMBER && object.is_empty() {
                return number(fields);
            }
            check_name(&name)?;
            // Null means absent, here too. If a name occurs twice, the last value counts.
            match fields.next_value_seed(Self)? {
                Value::Null => object.remove(&name),
                value => object.insert(name, value),
            };
        }
        Ok(Value::Object(object))
    }
}

/// A number with all its digits. An object of this form can't be told from a number.
fn number<'de, A: MapAccess<'de>>(mut fields: A) -> Result<Value, A::Error> {
    let digits: String = fields.next_value()?;
    if fields.next_key::<IgnoredAny>()?.is_some() {
        return Err(de::Error::custom("holds a name that is kept for numbers"));
    }
    if !is_storable(&digits) {
        return Err(de::Error::custom("holds a number that is too large or too long to be stored"));
    }
    digits.parse::<Number>().map(Value::Number).map_err(de::Error::custom)
}

/// The most digits of a number. This is well below PostgreSQL's limit, and far above any count or amount. A row that only
/// the database refuses would cost its whole batch many statements.
fn is_storable(digits: &str) -> bool {
    const MAX_SIZE: usize = 1_000;
    let exponent = digits.split_once(['e', 'E']).map_or("0", |(_, exponent)| exponent);
    let is_small =
        |exponent: i32| usize::try_from(exponent.unsigned_abs()).is_ok_and(|size| size <= MAX_SIZE);
    digits.len() <= MAX_SIZE && exponent.parse().is_ok_and(is_small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Value, serde_json::Error> {
        UnknownValue.deserialize(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn every_kind_of_value_is_kept_as_it_is() {
        let json = r#"{"a":[null,true,-1,18446744073709551615,0.10,1e-7],"b":{"":"가\n"}}"#;
        assert_eq!(read(json).unwrap().to_string(), json);
    }

    #[test]
    fn names_that_serde_json_would_obey_are_refused() {
        for json in [
            r#"{"$serde_json::private::RawValue":"[1]"}"#,
            r#"[{"a":1,"\u0024serde_json::private::RawValue":"[1]"}]"#,
            r#"{"$serde_json::private::Number":"1","a":1}"#,
            r#"{"$serde_json::private::Number":"one"}"#,
            r#"{"a":1,"$serde_json::private::Number":"1"}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn numbers_that_no_column_holds_are_refused() {
        let long = "9".repeat(1_001);
        for json in ["1e400000", "[1E-99999999999999999999]", "-0.1e+1001", long.as_str()] {
            assert!(read(json).is_err(), "{json}");
        }
        let longest = "9".repeat(1_000);
        for json in ["1e1000", "1e-1000", longest.as_str()] {
            assert_eq!(read(json).unwrap().to_string().to_lowercase().replace('+', ""), json);
        }
    }
}
