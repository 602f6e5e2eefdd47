//! Reading a body: known fields go into the event, the others are kept.
//!
//! serde would either ignore unknown fields or, with `flatten`, buffer the whole body. Instead, this
//! wraps the deserializer: it sees every field's name pass, hands the known ones on, and keeps the rest.
//!
//! A field's name is read without regard to case, `_` and `-`: `actor_user_id` is `actorUserId`. No known field is lost
//! among the unknown ones, and one that stands in the body twice by this rule is refused.

use std::{borrow::Cow, fmt};

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor,
};
use serde_json::{Map, Value, error::Category};

use super::{
    Malformed, null, surrogates,
    unknown::{Unknown, check_name},
};

/// What stands in place of a field that the body leaves out.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) field: &'static str,
    /// Where the text comes from: what is to blame if it does not fit.
    pub(super) from: &'static str,
    pub(super) text: &'a str,
}

/// What a body says.
#[derive(Debug)]
pub(super) struct Read<E> {
    pub(super) event: E,
    /// The fields that the event does not know. None of them is null: that means absent.
    pub(super) unknown: Map<String, Value>,
    /// The names of known fields that are spelt in another way, as they stand there.
    pub(super) respelled: Vec<String>,
}

/// Reads an event and the fields that it does not know.
pub(super) fn read<E: DeserializeOwned>(body: &[u8], fillings: &[Filling<'_>]) -> Result<Read<E>, Malformed> {
    match read_strictly(body, fillings) {
        Err(Malformed::NotJson(error)) => match surrogates::paired(body) {
            Some(body) => read_strictly(&body, fillings),
            None => Err(Malformed::NotJson(error)),
        },
        read => read,
    }
}

fn read_strictly<E: DeserializeOwned>(body: &[u8], fillings: &[Filling<'_>]) -> Result<Read<E>, Malformed> {
    let mut trace = Trace::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let event = E::deserialize(Body { json: &mut json, fillings: fillings.to_vec(), trace: &mut trace })
        .and_then(|event| json.end().map(|()| event))
        .map_err(|error| trace.blame(error, body))?;
    let Trace { mut unknown, respelled, .. } = trace;
    unknown.retain(|_, value| !value.is_null());
    Ok(Read { event, unknown, respelled })
}

/// What was seen on the way, to tell afterwards what went wrong where.
#[derive(Default)]
struct Trace {
    is_object: bool,
    /// The field whose value is being read.
    field: Option<Cow<'static, str>>,
    missing: Option<&'static str>,
    unknown: Map<String, Value>,
    respelled: Vec<String>,
}

impl Trace {
    fn blame(&mut self, error: serde_json::Error, body: &[u8]) -> Malformed {
        match (error.classify(), self.missing, self.field.take()) {
            (Category::Data, Some(field), _) => Malformed::MissingField(field),
            (Category::Data, None, Some(Cow::Borrowed(field))) if null::is_null(field, body) => {
                Malformed::NullField(field)
            }
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
        let fields =
            Fields { object, known, fillings, filling: None, is_at_end: false, trace: &mut *self.trace };
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
    /// The one that is being read, or that stands in place of the field that is, should that be null.
    filling: Option<Filling<'a>>,
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
                    let Some(filling) = self.fillings.pop() else { return Ok(None) };
                    (self.filling, self.is_at_end) = (Some(filling), true);
                    return seed.deserialize(filling.field.into_deserializer()).map(Some);
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
            let place = self.fillings.iter().position(|filling| filling.field == field);
            self.filling = place.map(|place| self.fillings.swap_remove(place));
            self.trace.field = Some(Cow::Borrowed(field));
            return seed.deserialize(field.into_deserializer()).map(Some);
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error> {
        match self.filling.take() {
            None => Ok(self.object.next_value_seed(seed)?),
            Some(filling) if self.is_at_end => filling.read(seed, self.trace),
            Some(filling) => {
                Ok(self.object.next_value_seed(Filled { seed, filling, trace: &mut *self.trace })?)
            }
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

impl Filling<'_> {
    fn read<'de, S: DeserializeSeed<'de>, E: de::Error>(
        self,
        seed: S,
        trace: &mut Trace,
    ) -> Result<S::Value, E> {
        trace.field = Some(Cow::Borrowed(self.from));
        seed.deserialize(self.text.into_deserializer())
    }
}

/// Reads a field's value; in place of null, a filling.
struct Filled<'t, S> {
    seed: S,
    filling: Filling<'t>,
    trace: &'t mut Trace,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Filled<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Filled<'_, S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(deserializer)
    }

    fn visit_none<E: de::Error>(self) -> Result<S::Value, E> {
        self.filling.read(self.seed, self.trace)
    }
}

/// Reads a field's name.
struct FieldName {
    known: &'static [&'static str],
}

/// A field's name: borrowed from the event's own list when it is known.
enum Name {
    Known(&'static str),
    /// A known one, and how it is spelt.
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

/// Whether two names are those of one field: the same but for case, `_` and `-`.
pub(super) fn is_spelling_of(known: &str, name: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        name.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase())
    }
    letters(known).eq(letters(name))
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

    fn duplicate_field(_: &'static str) -> Self {
        Self::custom("stands in the body twice; upper and lower case, `_` and `-` make no other name")
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
        read(body.as_ref(), &[]).map(|Read { event, unknown, .. }| (event, unknown))
    }

    fn refused(body: impl AsRef<[u8]>) -> (&'static str, Option<String>) {
        let malformed = read_event(body).unwrap_err();
        (malformed.reason().code(), malformed.field().map(str::to_owned))
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
        let body = r#"{"eventId":7,"actionType":null,"note":null,"a":{"b":null,"c":[null],"d":{"e":null}}}"#;
        let (event, unknown) = read_event(body).unwrap();
        assert_eq!(event.action_type, None);
        assert_eq!(Value::Object(unknown), json!({"a": {"c": [null], "d": {}}}));
    }

    #[test]
    fn a_required_field_that_is_null_is_named_as_such() {
        let malformed = read_event(r#"{"eventId":null}"#).unwrap_err();
        assert_eq!((malformed.reason().code(), malformed.field()), ("missing_field", Some("eventId")));
        assert_eq!(malformed.to_string(), "the field `eventId` is null, which means that it is missing");
        // What is missing is named, not what was null before.
        assert_eq!(refused(r#"{"actionType":null}"#), ("missing_field", Some("eventId".into())));
        assert_eq!(
            refused(r#"{"actionType":null,"eventId":"x"}"#),
            ("invalid_field", Some("eventId".into()))
        );
    }

    #[test]
    fn a_name_is_known_in_every_spelling() {
        for name in ["action_type", "ActionType", "actiontype", "ACTION-TYPE", "_action_Type_", "actionType"]
        {
            let body = format!(r#"{{"eventId":7,"{name}":"CREATE"}}"#);
            let Read { event, unknown, respelled } = read::<Event>(body.as_bytes(), &[]).unwrap();
            assert_eq!(event.action_type.as_ref().map(Text::as_str), Some("CREATE"), "{name}");
            assert!(unknown.is_empty(), "{name}");
            let expected: &[&str] = if name == "actionType" { &[] } else { &[name] };
            assert_eq!(respelled, expected);
        }
        for name in ["action type", "action.type", "actionTypes", "actioпType", ""] {
            let (event, unknown) = read_event(format!(r#"{{"eventId":7,"{name}":"CREATE"}}"#)).unwrap();
            assert_eq!((event.action_type, unknown.len()), (None, 1), "{name}");
        }
    }

    #[test]
    fn a_field_in_two_spellings_is_refused() {
        for body in [
            r#"{"eventId":7,"actionType":"A","action_type":"A"}"#,
            r#"{"eventId":7,"ActionType":null,"action-type":"A"}"#,
            r#"{"eventId":7,"actionType":"A","actionType":"A"}"#,
        ] {
            let malformed = read_event(body).unwrap_err();
            assert_eq!(
                (malformed.reason().code(), malformed.field()),
                ("invalid_field", Some("actionType")),
                "{body}"
            );
            assert!(malformed.to_string().contains("twice"), "{malformed}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_becomes_the_replacement_character() {
        let body =
            r#"{"eventId":7,"actionType":"X\ud83d","note":{"\udc00":"\ud83d\ude00\ud83d\ud83d\ude00"}}"#;
        let (event, unknown) = read_event(body).unwrap();
        assert_eq!(event.action_type.as_ref().map(Text::as_str), Some("X\u{fffd}"));
        assert_eq!(Value::Object(unknown), json!({"note": {"\u{fffd}": "😀\u{fffd}😀"}}));
        assert_eq!(refused(r#"{"eventId":7,"actionType":"X\ud83d""#).0, "not_json");
    }

    #[test]
    fn a_filling_stands_in_for_a_field_that_the_body_leaves_out() {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Made {
            action_type: Text,
        }
        let given = |body: &str, text| {
            let filling = Filling { field: "actionType", from: "elsewhere", text };
            read::<Made>(body.as_bytes(), &[filling])
        };
        let action = |body, text| String::from(given(body, text).unwrap().event.action_type);
        assert_eq!(action(r#"{"note":7}"#, "SAID"), "SAID");
        assert_eq!(action(r#"{"actionType":"MADE","note":7}"#, "SAID"), "MADE");
        assert_eq!(action(r#"{"action_type":null}"#, "SAID"), "SAID");
        let refused = given("{}", "a\0").unwrap_err();
        assert_eq!((refused.reason().code(), refused.field()), ("invalid_field", Some("elsewhere")));
    }

    #[test]
    fn broken_syntax_is_not_json() {
        let deep = "[".repeat(10_000);
        for body in ["", "{", "hello", r#"{"eventId":7}x"#, r#"{"x":"\u00"}"#, deep.as_str()] {
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
