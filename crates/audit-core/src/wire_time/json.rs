use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny},
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

    /// Only where whoever reads the JSON keeps no digits: what is printed is what was written, up to 15 of them.
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
        let mut parts = [0; 7];
        let mut count = 0;
        while let Some(Part(part)) = seq.next_element()? {
            match (parts.get_mut(count), part) {
                (Some(place), Some(part)) => *place = part,
                _ => return not_a_time(),
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

/// One of an array's numbers; none if something else stands there.
struct Part(Option<u32>);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> de::Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Part, E> {
        Ok(Part(u32::try_from(number).ok()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Part, E> {
        Ok(Part(u32::try_from(number).ok()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Part, E> {
        Ok(Part(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Part, E> {
        Ok(Part(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Part, E> {
        Ok(Part(None))
    }

    fn visit_unit<E>(self) -> Result<Part, E> {
        Ok(Part(None))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Part, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Part(None))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut fields: A) -> Result<Part, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Part(None))
    }
}
