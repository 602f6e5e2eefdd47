//! Names of fields, which the body may spell differently than the event.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, Visitor};

/// Reads a field's name.
pub(super) struct FieldName {
    pub(super) known: &'static [&'static str],
}

/// A field's name.
pub(super) enum Name {
    Known(&'static str),
    /// A known one, and how the body spells it.
    Respelled(&'static str, String),
    Unknown(String),
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Name, E> {
        if let Some(known) = self.known.iter().find(|known| **known == name) {
            return Ok(Name::Known(known));
        }
        Ok(match self.known.iter().find(|known| is_spelling_of(known, name)) {
            Some(known) => Name::Respelled(known, name.to_owned()),
            None => Name::Unknown(name.to_owned()),
        })
    }
}

/// Whether two names are the same, apart from case, `_` and `-`.
pub(super) fn is_spelling_of(known: &str, name: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
    }
    letters(known).eq(letters(name))
}
