use std::{borrow::Cow, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};

use super::trace::Trace;

/// The value of a field that the body leaves out.
#[derive(Clone, Copy)]
pub(in crate::store) struct DefaultField<'a> {
    pub(in crate::store) field: &'static str,
    /// Where the text comes from, for errors.
    pub(in crate::store) source: &'static str,
    pub(in crate::store) text: &'a str,
}

impl DefaultField<'_> {
    pub(super) fn read<'de, S: DeserializeSeed<'de>, E: de::Error>(
        self,
        seed: S,
        trace: &mut Trace,
    ) -> Result<S::Value, E> {
        trace.field = Some(Cow::Borrowed(self.source));
        seed.deserialize(self.text.into_deserializer())
    }
}

/// Reads a field's value, or the default if it is null.
pub(super) struct OrDefault<'t, S> {
    pub(super) seed: S,
    pub(super) default: DefaultField<'t>,
    pub(super) trace: &'t mut Trace,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for OrDefault<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for OrDefault<'_, S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(deserializer)
    }

    fn visit_none<E: de::Error>(self) -> Result<S::Value, E> {
        self.default.read(self.seed, self.trace)
    }
}
