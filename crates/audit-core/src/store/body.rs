//! Reading a body: known fields go into the event, the others are kept.
//!
//! serde would either ignore unknown fields or, with `flatten`, buffer the whole body. Instead, this
//! wraps the deserializer: it sees every field's name pass, hands the known ones on, and keeps the rest.

use std::{borrow::Cow, fmt};

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
};
use serde_json::{Map, Value, error::Category};

use super::{
    Malformed,
    unknown::{Unknown, check_name},
};

/// What stands in place of a field that the body leaves out.
pub(super) struct Filling<'a> {
    pub(super) field: &'static str,
    /// Where the text comes from: what is to blame if it does not fit.
    pub(super) from: String,
    pub(super) text: &'a str,
}

/// Reads an event and the fields that it does not know.
pub(super) fn read<E: DeserializeOwned>(
    body: &[u8],
    fillings: Vec<Filling<'_>>,
) -> Result<(E, Map<String, Value>), Malformed> {
    let mut trace = Trace::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let event = E::deserialize(Body { json: &mut json, fillings, trace: &mut trace })
        .and_then(|event| json.end().map(|()| event))
        .map_err(|error| trace.blame(error))?;
    Ok((event, trace.unknown))
}

/// What was seen on the way, to tell afterwards what went wrong where.
#[derive(Default)]
struct Trace {
    is_object: bool,
    /// The field whose value is being read.
    field: Option<Cow<'static, str>>,
    missing: Option<&'static str>,
    unknown: Map<String, Value>,
}

impl Trace {
    fn blame(&mut self, error: serde_json::Error) -> Malformed {
        match (error.classify(), self.missing, self.field.take()) {
            (Category::Data, Some(field), _) => Malformed::MissingField(field),
            (Category::Data, None, Some(field)) => Malformed::InvalidField { field, source: error },
            (Category::Data, None, None) if !self.is_object => Malformed::NotAnObject,
            _ => Malformed::NotJson(error),
        }
    }
}

struct Body<'a, D> {
    json: D,
    fillings: Vec<Filling<'a>>,
    trace: &'a mut Trace,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Body<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { json, fillings, trace } = self;
        json.deserialize_map(Object { visitor, known, fillings, trace })
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
    fillings: Vec<Filling<'a>>,
    trace: &'a mut Trace,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.trace.is_object = true;
        let Self { known, fillings, .. } = self;
        let fields = Fields { object, known, fillings, text: None, trace: &mut *self.trace };
        self.visitor.visit_map(fields).map_err(|error| {
            self.trace.missing = error.missing;
            error.cause
        })
    }
}

/// The fields that the event knows, one after the other, then the fillings; the others are put aside.
struct Fields<'a, A> {
    object: A,
    known: &'static [&'static str],
    /// Those whose field was not seen so far.
    fillings: Vec<Filling<'a>>,
    /// The value of the field that is being read, if it is a filling's.
    text: Option<&'a str>,
    trace: &'a mut Trace,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = FieldError<A::Error>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        loop {
            self.trace.field = None;
            match self.object.next_key_seed(FieldName { known: self.known })? {
                None => {
                    let Some(Filling { field, from, text }) = self.fillings.pop() else { return Ok(None) };
                    self.trace.field = Some(Cow::Owned(from));
                    self.text = Some(text);
                    return seed.deserialize(field.into_deserializer()).map(Some);
                }
                Some(Cow::Borrowed(known)) => {
                    self.fillings.retain(|filling| filling.field != known);
                    self.trace.field = Some(Cow::Borrowed(known));
                    return seed.deserialize(known.into_deserializer()).map(Some);
                }
                Some(Cow::Owned(unknown)) => self.keep(unknown)?,
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        match self.text.take() {
            Some(text) => seed.deserialize(text.into_deserializer()),
            None => Ok(self.object.next_value_seed(seed)?),
        }
    }
}

impl<'de, A: MapAccess<'de>> Fields<'_, A> {
    fn keep(&mut self, name: String) -> Result<(), A::Error> {
        self.trace.field = Some(Cow::Owned(name.clone()));
        check_name(&name)?;
        let value = self.object.next_value_seed(Unknown)?;
        if self.trace.unknown.insert(name, value).is_some() {
            return Err(de::Error::custom("stands in the body twice"));
        }
        Ok(())
    }
}

/// Reads a field's name: borrowed from the event's own list when it is known, owned when it is not.
struct FieldName {
    known: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Cow<'static, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Cow<'static, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let known = self.known.iter().find(|known| **known == name);
        Ok(known.map_or_else(|| Cow::Owned(name.to_owned()), |known| Cow::Borrowed(*known)))
    }
}

/// An error that remembers which field was missing: serde tells it once, then only as prose.
#[derive(Debug)]
struct FieldError<E> {
    cause: E,
    missing: Option<&'static str>,
}

impl<E> From<E> for FieldError<E> {
    fn from(cause: E) -> Self {
        Self { cause, missing: None }
    }
}

impl<E: de::Error> de::Error for FieldError<E> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        E::custom(message).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Self { cause: E::missing_field(field), missing: Some(field) }
    }
}

impl<E: fmt::Display> fmt::Display for FieldError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for FieldError<E> {}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::Text;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Event {
        event_id: u32,
        action_type: Option<Text>,
    }

    fn read_event(body: impl AsRef<[u8]>) -> Result<(Event, Map<String, Value>), Malformed> {
        read(body.as_ref(), Vec::new())
    }

    fn refused(body: impl AsRef<[u8]>) -> (&'static str, Option<String>) {
        let malformed = read_event(body).unwrap_err();
        (malformed.reason(), malformed.field().map(str::to_owned))
    }

    #[test]
    fn unknown_fields_are_kept_to_the_last_digit() {
        let body = r#"{"a":{"b":[1,null]},"eventId":7,"amount":12345678901234567890.123456789}"#;
        let (event, unknown) = read_event(body).unwrap();
        assert_eq!(event, Event { event_id: 7, action_type: None });
        let unknown = Value::Object(unknown);
        assert_eq!(unknown["a"], json!({"b": [1, null]}));
        assert_eq!(unknown["amount"].to_string(), "12345678901234567890.123456789");
    }

    #[test]
    fn an_explicit_null_means_absent() {
        let (event, unknown) = read_event(r#"{"eventId":7,"actionType":null}"#).unwrap();
        assert_eq!(event.action_type, None);
        assert!(unknown.is_empty());
    }

    #[test]
    fn a_filling_stands_in_for_a_field_that_the_body_leaves_out() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            action_type: Text,
        }
        let given = |body: &str, text| {
            let filling = Filling { field: "actionType", from: "elsewhere".to_owned(), text };
            read::<Made>(body.as_bytes(), vec![filling])
        };
        let action = |body, text| String::from(given(body, text).unwrap().0.action_type);
        assert_eq!(action(r#"{"note":7}"#, "SAID"), "SAID");
        assert_eq!(action(r#"{"actionType":"MADE","note":7}"#, "SAID"), "MADE");
        let refused = given("{}", "a\0").unwrap_err();
        assert_eq!((refused.reason(), refused.field()), ("invalid_field", Some("elsewhere")));
    }

    #[test]
    fn broken_syntax_is_not_json() {
        let deep = "[".repeat(10_000);
        for body in ["", "{", "hello", r#"{"eventId":7}x"#, r#"{"x":"\ud800"}"#, deep.as_str()] {
            let (reason, _) = refused(body);
            assert!(matches!(reason, "not_json" | "not_an_object"), "{reason}");
        }
        assert_eq!(refused(b"{\"eventId\":7,\"x\":\"\xff\"}").0, "not_json");
        assert_eq!(refused(format!(r#"{{"eventId":7,"x":{deep}}}"#)).0, "not_json");
    }

    #[test]
    fn json_that_is_no_object_is_refused_as_such() {
        for body in ["[7,\"CREATE\"]", "7", "null", "\"text\"", "true"] {
            assert_eq!(refused(body), ("not_an_object", None), "{body}");
        }
    }

    #[test]
    fn the_field_to_blame_is_named() {
        assert_eq!(refused("{}"), ("missing_field", Some("eventId".into())));
        assert_eq!(refused(r#"{"eventId":"x"}"#), ("invalid_field", Some("eventId".into())));
        assert_eq!(
            refused(r#"{"eventId":1,"actionType":"a\u0000"}"#),
            ("invalid_field", Some("actionType".into()))
        );
        assert_eq!(
            refused(format!(r#"{{"eventId":1,"actionType":"{}"}}"#, "x".repeat(256))),
            ("invalid_field", Some("actionType".into()))
        );
        assert_eq!(
            refused(r#"{"eventId":1,"note":{"a":["\u0000"]}}"#),
            ("invalid_field", Some("note".into()))
        );
        assert_eq!(refused(r#"{"eventId":1,"note":1,"note":2}"#), ("invalid_field", Some("note".into())));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = read_event(body);
        }
    }
}
