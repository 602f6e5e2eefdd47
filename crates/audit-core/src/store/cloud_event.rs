//! A CloudEvent's attributes, and where they are stored.

use std::{borrow::Cow, fmt};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use uuid::Uuid;

use super::{
    Malformed,
    body::DefaultField,
    surrogates,
    unknown_value::{UnknownValue, check_name},
};
use crate::{Text, TextError, WireTime};

/// A CloudEvent (version 1.0): its data, which is the event's body, and its attributes.
///
/// The data takes precedence. `id`, `time` and `subject` replace what it leaves out. Attributes that are in no column are
/// kept in the field [`Self::FIELD`] of `extra`.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudEvent<'m> {
    attributes: Map<String, Value>,
    data: Cow<'m, [u8]>,
}

impl<'m> CloudEvent<'m> {
    /// The field of `extra` that holds the attributes without a column.
    pub const FIELD: &'static str = "cloudEvent";

    /// Creates an event without attributes.
    #[must_use]
    pub fn of(data: impl Into<Cow<'m, [u8]>>) -> Self {
        Self { attributes: Map::new(), data: data.into() }
    }

    /// Adds an attribute. `null` means that it is not set.
    pub fn insert<'de, D>(&mut self, name: &str, value: D) -> Result<(), Malformed>
    where
        D: Deserializer<'de, Error = serde_json::Error>,
    {
        let blame = |source| invalid(name, source);
        check_name(name).map_err(blame)?;
        let value = UnknownValue.deserialize(value).map_err(blame)?;
        match (name, &value) {
            (_, Value::Null) => return Ok(()),
            (_, Value::String(_)) => {}
            ("specversion" | "id" | "time" | "subject", _) => {
                return Err(blame(serde_json::Error::custom("is not text")));
            }
            _ => {}
        }
        if self.attributes.insert(name.to_owned(), value).is_some() {
            return Err(blame(serde_json::Error::custom("stands in the message twice")));
        }
        Ok(())
    }

    fn insert_json(&mut self, name: &str, value: &RawValue) -> Result<(), Malformed> {
        let json = value.get().as_bytes();
        let paired = surrogates::paired(json);
        let json = paired.as_deref().unwrap_or(json);
        self.insert(name, &mut serde_json::Deserializer::from_slice(json))
    }

    /// Parses the JSON format.
    pub fn from_json(json: &'m [u8]) -> Result<Self, Malformed> {
        let Members(members) = serde_json::from_slice(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Malformed::NotAnObject,
            _ => Malformed::NotJson(error),
        })?;
        let (mut event, mut data) = (Self::of(&[]), None);
        for (name, value) in members {
            let body = match name.as_str() {
                _ if value.get() == "null" => continue,
                "data" => object(value)?,
                "data_base64" => decoded(value)?,
                _ => {
                    event.insert_json(&name, value)?;
                    continue;
                }
            };
            if data.replace(body).is_some() {
                let source = Error::custom("is not the only data of its event");
                return Err(Malformed::InvalidField { field: name.into(), source });
            }
        }
        event.data = data.ok_or(Malformed::MissingField("data"))?;
        Ok(event)
    }

    /// Whether its version is 1.0.
    pub fn check_version(&self) -> Result<(), Malformed> {
        match self.text("specversion") {
            Some("1.0") => Ok(()),
            Some(_) => {
                Err(invalid("specversion", Error::custom("is not 1.0, the only version that is read")))
            }
            None => Err(Malformed::MissingField("cloudEvents:specversion")),
        }
    }

    /// The event's body.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The trace in which the event was created.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        self.text("traceparent")
    }

    /// The default values of fields that the body leaves out.
    pub(super) fn defaults(&self) -> Vec<DefaultField<'_>> {
        let default = |field, source, name| Some(DefaultField { field, source, text: self.text(name)? });
        let id = default("eventId", "cloudEvents:id", "id");
        let time = default("occurredAt", "cloudEvents:time", "time");
        id.into_iter().chain(time).collect()
    }

    /// The resource, if the body leaves it out.
    pub(super) fn resource(&self) -> Result<Option<String>, Malformed> {
        let resource = self.text("subject").map_or(Ok(None), resource_of);
        resource.map_err(|error| invalid("subject", Error::custom(error)))
    }

    /// Adds the attributes that are in no column to `extra`.
    pub(super) fn keep(
        &self,
        columns: &ColumnValues<'_>,
        extra: &mut Map<String, Value>,
    ) -> Result<(), Malformed> {
        let others = self.attributes.iter().filter(|(name, value)| !columns.hold(name, value));
        let others: Map<_, _> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
        if !others.is_empty() && extra.insert(Self::FIELD.to_owned(), others.into()).is_some() {
            let source = Error::custom("is kept for what a CloudEvent says beside its data");
            return Err(Malformed::InvalidField { field: Self::FIELD.into(), source });
        }
        Ok(())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_str)
    }
}

/// The values of a row's columns that attributes are compared with.
pub(super) struct ColumnValues<'a> {
    pub(super) id: Uuid,
    pub(super) occurred_at: DateTime<Utc>,
    pub(super) zone: Tz,
    pub(super) resource: Option<&'a str>,
}

impl ColumnValues<'_> {
    /// Whether an attribute is in a column, or is never kept.
    fn hold(&self, name: &str, value: &Value) -> bool {
        let text = value.as_str().unwrap_or_default();
        match name {
            // The format of the message, and its trace, are not part of an event's content.
            "specversion" | "datacontenttype" | "traceparent" | "tracestate" => true,
            "id" => text.trim().parse() == Ok(self.id),
            "time" => text.parse::<WireTime>().is_ok_and(|time| time.in_zone(&self.zone) == self.occurred_at),
            "subject" => resource_of(text).is_ok_and(|resource| resource.as_deref() == self.resource),
            _ => false,
        }
    }
}

/// The resource that a subject names: a UUID in its usual form, other text as it is.
fn resource_of(subject: &str) -> Result<Option<String>, TextError> {
    let subject = subject.trim();
    if subject.is_empty() {
        return Ok(None);
    }
    match Uuid::try_parse(subject) {
        Ok(id) => Ok(Some(id.to_string())),
        Err(_) => subject.parse().map(|text: Text| Some(text.into())),
    }
}

/// Where an attribute comes from, in an error. It can't be mistaken for a field of the body.
fn qualified(name: &str) -> String {
    format!("cloudEvents:{name}")
}

fn invalid(name: &str, source: serde_json::Error) -> Malformed {
    Malformed::InvalidField { field: qualified(name).into(), source }
}

/// `data`, unchanged.
fn object(data: &RawValue) -> Result<Cow<'_, [u8]>, Malformed> {
    if data.get().starts_with('{') {
        return Ok(data.get().as_bytes().into());
    }
    Err(Malformed::InvalidField { field: "data".into(), source: Error::custom("is not an object") })
}

/// `data_base64`, decoded.
fn decoded(data: &RawValue) -> Result<Cow<'_, [u8]>, Malformed> {
    let decoded = String::deserialize(data).and_then(|text| STANDARD.decode(text).map_err(Error::custom));
    match decoded {
        Ok(bytes) => Ok(bytes.into()),
        Err(source) => Err(Malformed::InvalidField { field: "data_base64".into(), source }),
    }
}

/// An object's members, unparsed.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Self)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blamed(json: &Value) -> (&'static str, String) {
        let json = json.to_string();
        let malformed =
            CloudEvent::from_json(json.as_bytes()).and_then(|event| event.check_version()).unwrap_err();
        (malformed.reason().code(), malformed.field().unwrap_or_default().to_owned())
    }

    #[test]
    fn data_is_handed_on_as_it_stands() {
        let json = r#"{"data": {"b":1.50, "a" : [ ]}, "specversion":"1.0", "subject": null, "id":"x"}"#;
        let event = CloudEvent::from_json(json.as_bytes()).unwrap();
        assert_eq!(event.data(), &br#"{"b":1.50, "a" : [ ]}"#[..]);
        assert!(event.check_version().is_ok());
        assert_eq!((event.text("id"), event.text("subject")), (Some("x"), None));
    }

    #[test]
    fn data_in_base64_is_decoded() {
        let json = r#"{"specversion":"1.0","data":null,"data_base64":"eyJhIjoxfQ=="}"#;
        assert_eq!(CloudEvent::from_json(json.as_bytes()).unwrap().data(), br#"{"a":1}"#);
    }

    #[test]
    fn what_is_no_cloud_event_is_refused_by_its_member() {
        let invalid = |field: &str| ("invalid_field", field.to_owned());
        let missing = |field: &str| ("missing_field", field.to_owned());
        assert_eq!(blamed(&json!([])), ("not_an_object", String::new()));
        assert_eq!(blamed(&json!({"specversion": "1.0"})), missing("data"));
        assert_eq!(blamed(&json!({"specversion": "1.0", "data": null})), missing("data"));
        assert_eq!(blamed(&json!({"specversion": "1.0", "data": "{}"})), invalid("data"));
        assert_eq!(blamed(&json!({"specversion": "1.0", "data": [{}]})), invalid("data"));
        assert_eq!(blamed(&json!({"data_base64": "?"})), invalid("data_base64"));
        assert_eq!(blamed(&json!({"data_base64": 7})), invalid("data_base64"));
        assert_eq!(blamed(&json!({"data": {}, "data_base64": "e30="})), invalid("data_base64"));
        assert_eq!(blamed(&json!({"data": {}})), missing("cloudEvents:specversion"));
        assert_eq!(blamed(&json!({"data": {}, "specversion": "0.3"})), invalid("cloudEvents:specversion"));
        assert_eq!(blamed(&json!({"data": {}, "specversion": 1.0})), invalid("cloudEvents:specversion"));
        assert_eq!(blamed(&json!({"data": {}, "id": 7})), invalid("cloudEvents:id"));
        assert_eq!(blamed(&json!({"data": {}, "note": {"a": "\0"}})), invalid("cloudEvents:note"));
    }

    #[test]
    fn an_attribute_stands_in_a_message_once() {
        let malformed = CloudEvent::from_json(br#"{"id":"a","id":"a","data":{}}"#).unwrap_err();
        assert_eq!((malformed.reason().code(), malformed.field()), ("invalid_field", Some("cloudEvents:id")));
    }
}
