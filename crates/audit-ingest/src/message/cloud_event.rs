//! CloudEvents in AMQP messages: in headers and body (binary mode), or in the body alone (structured mode).

use audit_core::store::{CloudEvent, Malformed, UnknownFormat};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde::de::Error;
use serde_json::Value;

/// The prefixes of an attribute's header: the one of the AMQP binding, its alternative for clients that can't use a colon,
/// and the one of HTTP.
const PREFIXES: [&str; 3] = ["cloudEvents:", "cloudEvents_", "ce-"];

/// The prefix of the content types of all formats.
const FORMATS: &str = "application/cloudevents";

/// Returns the CloudEvent, if the message is one. For other messages, this checks only the content type and the names of
/// the headers.
pub(crate) fn read<'m>(
    body: &'m [u8],
    properties: &BasicProperties,
) -> Result<Option<CloudEvent<'m>>, Malformed> {
    let content_type = properties.content_type().as_ref().map_or("", ShortString::as_str);
    let event = if is_cloud_event(content_type) {
        if !is_json(content_type) {
            return Err(UnknownFormat::CloudEvents(content_type.to_owned()).into());
        }
        CloudEvent::from_json(body)?
    } else {
        match properties.headers() {
            Some(headers) if is_binary(headers) => from_headers(headers, body)?,
            _ => return Ok(None),
        }
    };
    event.check_version()?;
    Ok(Some(event))
}

fn is_cloud_event(content_type: &str) -> bool {
    content_type.get(..FORMATS.len()).is_some_and(|start| start.eq_ignore_ascii_case(FORMATS))
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/cloudevents+json")
}

fn is_binary(headers: &FieldTable) -> bool {
    let mut names = headers.inner().keys();
    names.any(|name| attribute(name.as_str()) == Some("specversion"))
}

fn from_headers<'m>(headers: &FieldTable, body: &'m [u8]) -> Result<CloudEvent<'m>, Malformed> {
    let mut event = CloudEvent::of(body);
    for (name, value) in headers.inner() {
        if let Some(attribute) = attribute(name.as_str()) {
            let value = json(value).ok_or_else(|| Malformed::InvalidField {
                field: name.to_string().into(),
                source: Error::custom("has a type that CloudEvents do not have"),
            })?;
            event.insert(attribute, value)?;
        }
    }
    Ok(event)
}

/// The attribute that a header contains.
fn attribute(header: &str) -> Option<&str> {
    PREFIXES.into_iter().find_map(|prefix| header.strip_prefix(prefix))
}

/// A header's value as in the JSON format.
fn json(value: &AMQPValue) -> Option<Value> {
    let bytes = |bytes: &[u8]| Value::from(STANDARD.encode(bytes));
    Some(match value {
        AMQPValue::Void => Value::Null,
        AMQPValue::Boolean(value) => (*value).into(),
        AMQPValue::ShortShortInt(number) => (*number).into(),
        AMQPValue::ShortShortUInt(number) => (*number).into(),
        AMQPValue::ShortInt(number) => (*number).into(),
        AMQPValue::ShortUInt(number) => (*number).into(),
        AMQPValue::LongInt(number) => (*number).into(),
        AMQPValue::LongUInt(number) => (*number).into(),
        AMQPValue::LongLongInt(number) => (*number).into(),
        AMQPValue::ShortString(text) => text.as_str().into(),
        AMQPValue::LongString(text) => match std::str::from_utf8(text.as_bytes()) {
            Ok(text) => text.into(),
            Err(_) => bytes(text.as_bytes()),
        },
        AMQPValue::ByteArray(array) => bytes(array.as_slice()),
        AMQPValue::Timestamp(seconds) => {
            let time = DateTime::from_timestamp(i64::try_from(*seconds).ok()?, 0)?;
            time.to_rfc3339_opts(SecondsFormat::Secs, true).into()
        }
        AMQPValue::Float(_)
        | AMQPValue::Double(_)
        | AMQPValue::DecimalValue(_)
        | AMQPValue::FieldArray(_)
        | AMQPValue::FieldTable(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_headers(headers: &[(&str, AMQPValue)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in headers {
            table.insert((*name).into(), value.clone());
        }
        BasicProperties::default().with_headers(table)
    }

    fn text(text: &str) -> AMQPValue {
        AMQPValue::LongString(text.into())
    }

    /// The attributes that are read, besides the version.
    fn event(headers: &[(&str, AMQPValue)]) -> CloudEvent<'static> {
        let all = [&[("cloudEvents:specversion", text("1.0"))], headers].concat();
        read(b"{}", &with_headers(&all)).unwrap().unwrap()
    }

    /// Whether an event is one of these in the JSON format.
    fn is(event: &CloudEvent<'_>, attributes: &str) -> bool {
        let json = format!(r#"{{"specversion":"1.0","data":{{}},{attributes}}}"#);
        let properties = BasicProperties::default().with_content_type("application/cloudevents+json".into());
        read(json.as_bytes(), &properties).unwrap().as_ref() == Some(event)
    }

    fn refused(properties: &BasicProperties) -> (&'static str, Option<String>) {
        let malformed = read(br#"{"specversion":"1.0","data":{}}"#, properties).unwrap_err();
        (malformed.reason().code(), malformed.field().map(str::to_owned))
    }

    #[test]
    fn other_messages_are_none() {
        let plain = BasicProperties::default().with_content_type("application/json".into());
        assert!(read(b"{}", &plain).unwrap().is_none());
        assert!(read(b"{}", &BasicProperties::default()).unwrap().is_none());
        let headers = [("__TypeId__", text("x")), ("cloud", text("x")), ("cloudEvents:id", text("x"))];
        assert!(read(b"{}", &with_headers(&headers)).unwrap().is_none());
    }

    #[test]
    fn every_prefix_is_understood() {
        for prefix in PREFIXES {
            let headers = ["specversion", "id"].map(|name| (format!("{prefix}{name}"), text("1.0")));
            let headers = headers.each_ref().map(|(name, value)| (name.as_str(), value.clone()));
            let event = read(b"{}", &with_headers(&headers)).unwrap().unwrap();
            assert!(is(&event, r#""id":"1.0""#), "{prefix}: {event:?}");
        }
    }

    #[test]
    fn values_of_every_type_are_read_as_in_json() {
        for (value, json) in [
            (text("가"), r#""가""#),
            (AMQPValue::Boolean(true), "true"),
            (AMQPValue::LongLongInt(-5), "-5"),
            (AMQPValue::LongUInt(5), "5"),
            (AMQPValue::Timestamp(1_765_018_829), r#""2025-12-06T11:00:29Z""#),
            (AMQPValue::ByteArray(vec![1, 2, 3].into()), r#""AQID""#),
            (AMQPValue::LongString(vec![0xff].into()), r#""/w==""#),
            (AMQPValue::Void, "null"),
        ] {
            let event = event(&[("ce-x", value)]);
            assert!(is(&event, &format!(r#""x":{json}"#)), "{json}: {event:?}");
        }
    }

    #[test]
    fn a_header_that_no_attribute_can_be_is_named() {
        let version = ("ce-specversion", text("1.0"));
        let list = AMQPValue::FieldArray(vec![].into());
        let blamed = |header| refused(&with_headers(&[version.clone(), header]));
        assert_eq!(blamed(("ce-list", list)), ("invalid_field", Some("ce-list".into())));
        assert_eq!(blamed(("ce-note", text("a\0"))), ("invalid_field", Some("cloudEvents:note".into())));
        assert_eq!(
            blamed(("ce-id", AMQPValue::LongInt(7))),
            ("invalid_field", Some("cloudEvents:id".into()))
        );
        let twice = ("cloudEvents:specversion", text("1.0"));
        assert_eq!(blamed(twice), ("invalid_field", Some("cloudEvents:specversion".into())));
        let old = with_headers(&[("ce-specversion", text("0.3"))]);
        assert_eq!(refused(&old), ("invalid_field", Some("cloudEvents:specversion".into())));
    }

    #[test]
    fn content_types_are_read_in_any_case_and_with_parameters() {
        for name in ["application/cloudevents+json; charset=utf-8", "Application/CloudEvents+JSON"] {
            let properties = BasicProperties::default().with_content_type(name.into());
            assert!(read(br#"{"specversion":"1.0","data":{}}"#, &properties).unwrap().is_some(), "{name}");
        }
    }

    #[test]
    fn several_events_in_one_message_and_other_formats_are_refused() {
        for name in
            ["application/cloudevents-batch+json", "application/cloudevents+avro", "application/cloudevents"]
        {
            let properties = BasicProperties::default().with_content_type(name.into());
            assert_eq!(refused(&properties), ("unknown_format", None), "{name}");
        }
    }
}
