use std::{borrow::Cow, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};

use super::{
    default_field::{DefaultField, OrDefault},
    error::FieldError,
    name::{FieldName, Name},
    trace::Trace,
};
use crate::store::unknown_value::{UnknownValue, check_name};

/// The deserializer of a body, from which the event reads itself.
pub(super) struct Body<'a, D> {
    pub(super) json: D,
    pub(super) defaults: Vec<DefaultField<'a>>,
    pub(super) trace: &'a mut Trace,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Body<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { json, defaults, trace } = self;
        json.deserialize_map(Object { visitor, known, defaults, trace })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.json.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Object<'a, V> {
    visitor: V,
    known: &'static [&'static str],
    defaults: Vec<DefaultField<'a>>,
    trace: &'a mut Trace,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.trace.is_object = true;
        let Self { known, defaults, .. } = self;
        let fields =
            Fields { object, known, defaults, default: None, is_at_end: false, trace: &mut *self.trace };
        self.visitor.visit_map(fields).map_err(|error| {
            self.trace.missing = error.missing;
            error.cause
        })
    }
}

/// Yields the fields that the event knows, then the defaults. Other fields are set aside.
struct Fields<'a, A> {
    object: A,
    known: &'static [&'static str],
    /// The defaults whose field has not occurred so far.
    defaults: Vec<DefaultField<'a>>,
    /// That of the field which is being read, for the case that it is null; or the one that is being read itself.
    default: Option<DefaultField<'a>>,
    is_at_end: bool,
    trace: &'a mut Trace,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = FieldError<A::Error>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        loop {
            self.trace.field = None;
            let field = match self.object.next_key_seed(FieldName { known: self.known })? {
                None => {
                    let Some(default) = self.defaults.pop() else { return Ok(None) };
                    (self.default, self.is_at_end) = (Some(default), true);
                    return seed.deserialize(default.field.into_deserializer()).map(Some);
                }
                Some(Name::Known(known)) => known,
                Some(Name::Respelled(known, spelling)) => {
                    self.trace.respelled.push(spelling);
                    known
                }
                Some(Name::Unknown(name)) => {
                    self.keep(name)?;
                    continue;
                }
            };
            let place = self.defaults.iter().position(|default| default.field == field);
            self.default = place.map(|place| self.defaults.swap_remove(place));
            self.trace.field = Some(Cow::Borrowed(field));
            return seed.deserialize(field.into_deserializer()).map(Some);
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        match self.default.take() {
            None => Ok(self.object.next_value_seed(seed)?),
            Some(default) if self.is_at_end => default.read(seed, self.trace),
            Some(default) => {
                Ok(self.object.next_value_seed(OrDefault { seed, default, trace: &mut *self.trace })?)
            }
        }
    }
}

impl<'de, A: MapAccess<'de>> Fields<'_, A> {
    fn keep(&mut self, name: String) -> Result<(), A::Error> {
        self.trace.field = Some(Cow::Owned(name.clone()));
        check_name(&name)?;
        let value = self.object.next_value_seed(UnknownValue)?;
        if self.trace.unknown.insert(name, value).is_some() {
            return Err(de::Error::custom("stands in the body twice"));
        }
        Ok(())
    }
}
