//! Deserializes an event's ids and numbers from every form in which publishers write them.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{self, Unexpected},
};
use uuid::Uuid;

use crate::decimal::{self, Decimal};

/// Deserializes a required UUID or integer. See [`optional`].
pub fn required<'de, D: Deserializer<'de>, T: FieldValue>(deserializer: D) -> Result<T, D::Error> {
    optional(deserializer)?.ok_or_else(|| de::Error::custom("is empty"))
}

/// Deserializes an optional UUID or integer. `null`, empty text and white space mean absent.
///
/// ```
/// use serde::Deserialize;
/// use uuid::Uuid;
///
/// #[derive(Deserialize)]
/// struct Event {
///     #[serde(deserialize_with = "audit_core::required")]
///     id: Uuid,
///     #[serde(default, deserialize_with = "audit_core::optional")]
///     seat: Option<i64>,
///     #[serde(default, deserialize_with = "audit_core::defaulted")]
///     tries: i32,
/// }
///
/// let json = r#"{"id":"636320F43ABF4395B60838BA3A6D324E","seat":"9007199254740995","tries":5.0}"#;
/// let event: Event = serde_json::from_str(json)?;
/// assert_eq!((event.seat, event.tries), (Some(9_007_199_254_740_995), 5));
///
/// let json = r#"{"id":"636320f4-3abf-4395-b608-38ba3a6d324e","seat":"","tries":null}"#;
/// let event: Event = serde_json::from_str(json)?;
/// assert_eq!((event.seat, event.tries), (None, 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn optional<'de, D: Deserializer<'de>, T: FieldValue>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(FieldVisitor(PhantomData))
}

/// Deserializes a number that is 0 if absent. See [`optional`].
pub fn defaulted<'de, D: Deserializer<'de>, T: FieldValue + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(optional(deserializer)?.unwrap_or_default())
}

/// A type that [`optional`] can read: a UUID, or an integer of 32 or 64 bits.
pub trait FieldValue: Sized {
    /// Its name in error messages.
    const NAME: &'static str;

    /// Parses trimmed text, or a number's digits.
    fn from_text(text: &str) -> Result<Self, FieldValueError>;

    /// Converts an integer.
    fn from_integer(number: i128) -> Result<Self, FieldValueError>;
}

/// Why a value can't be a [`FieldValue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldValueError {
    /// Not a UUID in any form.
    #[error("is not a UUID")]
    NotAUuid,
    /// Not a number, or one with a fraction.
    #[error("is not a whole number")]
    NotWhole,
    /// An integer that does not fit into the column.
    #[error("is out of range: whole numbers from {min} to {max} are stored")]
    OutOfRange {
        /// The smallest valid value.
        min: i64,
        /// The largest valid value.
        max: i64,
    },
}

/// With or without hyphens, in braces, as a URN; in upper or lower case.
impl FieldValue for Uuid {
    const NAME: &'static str = "a UUID";

    fn from_text(text: &str) -> Result<Self, FieldValueError> {
        Self::try_parse(text).map_err(|_| FieldValueError::NotAUuid)
    }

    fn from_integer(_: i128) -> Result<Self, FieldValueError> {
        Err(FieldValueError::NotAUuid)
    }
}

impl FieldValue for i32 {
    const NAME: &'static str = "a whole number";

    fn from_text(text: &str) -> Result<Self, FieldValueError> {
        whole(text, Self::MIN.into(), Self::MAX.into())
    }

    fn from_integer(number: i128) -> Result<Self, FieldValueError> {
        in_range(number, Self::MIN.into(), Self::MAX.into())
    }
}

impl FieldValue for i64 {
    const NAME: &'static str = "a whole number";

    fn from_text(text: &str) -> Result<Self, FieldValueError> {
        whole(text, Self::MIN, Self::MAX)
    }

    fn from_integer(number: i128) -> Result<Self, FieldValueError> {
        in_range(number, Self::MIN, Self::MAX)
    }
}

fn whole<T: TryFrom<i128>>(text: &str, min: i64, max: i64) -> Result<T, FieldValueError> {
    let number = Decimal::parse(text).and_then(|number| number.integer()).ok_or(FieldValueError::NotWhole)?;
    in_range(number, min, max)
}

fn in_range<T: TryFrom<i128>>(number: i128, min: i64, max: i64) -> Result<T, FieldValueError> {
    T::try_from(number).map_err(|_| FieldValueError::OutOfRange { min, max })
}

struct FieldVisitor<T>(PhantomData<T>);

impl<'de, T: FieldValue> de::Visitor<'de> for FieldVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        match text.trim() {
            "" => Ok(None),
            text => T::from_text(text).map(Some).map_err(E::custom),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<T>, E> {
        self.visit_i128(number.into())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Option<T>, E> {
        self.visit_i128(number.into())
    }

    fn visit_i128<E: de::Error>(self, number: i128) -> Result<Option<T>, E> {
        T::from_integer(number).map(Some).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Option<T>, E> {
        T::from_text(&number.to_string()).map(Some).map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> Result<Option<T>, A::Error> {
        match decimal::digits(fields)? {
            Some(digits) => T::from_text(&digits).map(Some).map_err(de::Error::custom),
            None => Err(de::Error::invalid_type(Unexpected::Map, &self)),
        }
    }

    fn visit_unit<E>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, StrDeserializer};
    use serde_json::{Deserializer as Json, error::Category};

    use super::*;

    fn read<T: FieldValue>(json: &str) -> Result<Option<T>, serde_json::Error> {
        optional(&mut Json::from_str(json))
    }

    #[test]
    fn whole_numbers_are_read_as_numbers_and_as_text() {
        for json in
            ["5", r#""5""#, r#"" 5\n""#, "5.0", r#""5.00""#, "5E+0", "50e-1", "0.5e1", r#""+5""#, r#""005""#]
        {
            assert_eq!(read::<i32>(json).unwrap(), Some(5), "{json}");
            assert_eq!(read::<i64>(json).unwrap(), Some(5), "{json}");
        }
        assert_eq!(read::<i64>("5E+2").unwrap(), Some(500));
        assert_eq!(read::<i64>("-0").unwrap(), Some(0));
        for json in [r#""9007199254740995""#, "9007199254740995", "9007199254740995.0"] {
            assert_eq!(read::<i64>(json).unwrap(), Some(9_007_199_254_740_995), "{json}");
        }
        for (number, json) in [(i64::MIN, "-9223372036854775808"), (i64::MAX, "9223372036854775807")] {
            assert_eq!(read::<i64>(json).unwrap(), Some(number));
            assert_eq!(read::<i64>(&format!("\"{json}\"")).unwrap(), Some(number));
        }
    }

    #[test]
    fn numbers_with_a_fraction_or_out_of_range_are_refused() {
        for json in
            ["1.5", r#""1.5""#, "1e-1", r#""one""#, r#""0x5""#, r#""1,000""#, "true", "[]", "{}", "[5]"]
        {
            assert_eq!(read::<i64>(json).unwrap_err().classify(), Category::Data, "{json}");
        }
        for json in ["2147483648", r#""-2147483649""#, "1e10", "1e90"] {
            let error = read::<i32>(json).unwrap_err().to_string();
            assert!(error.contains("from -2147483648 to 2147483647"), "{json}: {error}");
        }
        for json in ["9223372036854775808", "18446744073709551616", r#""-9223372036854775809""#] {
            assert!(read::<i64>(json).unwrap_err().to_string().contains("out of range"), "{json}");
        }
    }

    #[test]
    fn ids_are_read_in_every_form() {
        let id = "636320f4-3abf-4395-b608-38ba3a6d324e";
        for text in [
            id.to_owned(),
            id.to_uppercase(),
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            format!(" {id}\u{3000}"),
        ] {
            let json = serde_json::Value::from(text).to_string();
            assert_eq!(read::<Uuid>(&json).unwrap().map(|id| id.to_string()).as_deref(), Some(id), "{json}");
        }
        for json in [r#""636320f4""#, r#""-""#, "7", "1.5", "true", "{}", "[]"] {
            assert_eq!(read::<Uuid>(json).unwrap_err().classify(), Category::Data, "{json}");
        }
    }

    #[test]
    fn nothing_is_none_but_not_where_something_must_be() {
        for json in ["null", r#""""#, r#"" \t""#] {
            assert_eq!(read::<Uuid>(json).unwrap(), None, "{json}");
            assert_eq!(read::<i64>(json).unwrap(), None, "{json}");
            assert_eq!(defaulted::<_, i32>(&mut Json::from_str(json)).unwrap(), 0, "{json}");
            assert!(required::<_, Uuid>(&mut Json::from_str(json)).is_err(), "{json}");
        }
    }

    #[test]
    fn text_of_other_formats_is_read_as_well() {
        assert_eq!(required::<_, i32>(StrDeserializer::<Error>::new("7")), Ok(7));
    }
}
