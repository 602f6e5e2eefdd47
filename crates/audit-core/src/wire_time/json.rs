use std::{cell::Cell, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, Unexpected},
};

use super::{WireTime, WireTimeError};
use crate::decimal;

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

fn not_a_time<T, E: de::Error>() -> Result<T, E> {
    Err(E::custom(WireTimeError::NotATime))
}

impl<'de> de::Visitor<'de> for TimeVisitor {
    type Value = WireTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as text, as an array of numbers or as a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WireTime, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<WireTime, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<WireTime, E> {
        WireTime::from_whole(number).map_err(E::custom)
    }

    /// Only for deserializers that keep no digits. Up to 15 digits, the printed number is the one that was written.
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<WireTime, E> {
        WireTime::from_digits(&number.to_string()).map_err(E::custom)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> Result<WireTime, A::Error> {
        match decimal::digits(fields)? {
            Some(digits) => WireTime::from_digits(&digits).map_err(de::Error::custom),
            None => not_a_time(),
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<WireTime, A::Error> {
        let (mut parts, mut count) = ([0; 7], 0);
        let is_other = Cell::new(false);
        loop {
            match seq.next_element_seed(Part { is_other: &is_other }) {
                Ok(None) => break,
                Ok(Some(part)) => match parts.get_mut(count) {
                    Some(place) => *place = part,
                    None => return not_a_time(),
                },
                Err(_) if is_other.get() => return not_a_time(),
                Err(broken) => return Err(broken),
            }
            count += 1;
        }
        WireTime::from_parts(&parts[..count]).map_err(de::Error::custom)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<WireTime, E> {
        not_a_time()
    }

    fn visit_unit<E: de::Error>(self) -> Result<WireTime, E> {
        not_a_time()
    }
}

/// A number of an array. Deserializing any value instead would allocate memory for it first.
struct Part<'s> {
    /// Whether the JSON is valid but has another type. Then the error says what was expected.
    is_other: &'s Cell<bool>,
}

impl<'de> de::DeserializeSeed<'de> for Part<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_u32(self)
    }
}

impl de::Visitor<'_> for Part<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is_other.set(true);
        f.write_str("a number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<u32, E> {
        u32::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }
}
