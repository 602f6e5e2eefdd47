use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::name::is_spelling_of;

/// Whether a field of the body is null. Only for invalid fields, as this reads the whole body again.
pub(super) fn is_null(field: &str, body: &[u8]) -> bool {
    serde_json::Deserializer::from_slice(body).deserialize_map(Null(field)).unwrap_or(false)
}

struct Null<'f>(&'f str);

impl<'de> Visitor<'de> for Null<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<bool, A::Error> {
        // For a duplicate field, that is the error.
        let (mut found, mut nulls) = (0, 0);
        while let Some((name, value)) = fields.next_entry::<String, Option<IgnoredAny>>()? {
            if is_spelling_of(self.0, &name) {
                found += 1;
                nulls += usize::from(value.is_none());
            }
        }
        Ok((found, nulls) == (1, 1))
    }
}
