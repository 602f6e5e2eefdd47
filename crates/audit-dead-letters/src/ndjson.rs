use std::borrow::Cow;

use audit_core::{
    Topology,
    dead_letter::headers::{HEADERS_LEFT_OUT, ORIGINAL_EXPIRATION, ORIGINAL_PROPERTIES, ORIGINAL_USER_ID},
    publish::Message,
    terminal::visible_json,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use lapin::{BasicProperties, types::ShortString};
use serde::Serialize;
use serde_json::{Map, Value as Json, value::RawValue};

use crate::{DeadLetter, headers::Headers, json, valid_json::ValidJson};

/// A line that can be published, with the details of the dead letter.
#[derive(Serialize)]
struct Line<'l> {
    exchange: &'l str,
    routing_key: &'l str,
    properties: Properties<'l>,
    #[serde(flatten)]
    body: Body<'l>,
    dead_letter: About<'l>,
}

/// All properties that are published again. Those for which `publish` has defaults are always written.
#[derive(Serialize)]
struct Properties<'l> {
    content_type: Option<&'l str>,
    content_encoding: Option<&'l str>,
    delivery_mode: Option<u8>,
    priority: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "type")]
    kind: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_id: Option<&'l str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    headers: Map<String, Json>,
}

/// The content, byte for byte in one of three forms.
#[derive(Serialize)]
enum Body<'l> {
    #[serde(rename = "body")]
    Json(&'l RawValue),
    #[serde(rename = "body_text")]
    Text(&'l str),
    #[serde(rename = "body_base64")]
    Bytes(String),
}

#[derive(Serialize)]
struct About<'l> {
    domain: &'l str,
    id: String,
    reason: &'l str,
    field: Option<&'l str>,
    error: Option<&'l str>,
    time: Option<DateTime<Utc>>,
    replays: u32,
    /// Where it was published, which may differ from where it belongs.
    exchange: &'l str,
    routing_key: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    headers_left_out: bool,
    /// Properties and headers in base64, if they could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_properties: Option<String>,
}

pub(crate) fn line(letter: &DeadLetter, topology: &Topology) -> Vec<u8> {
    let Message { exchange, routing_key, properties, body } = letter.restored(topology);
    let line = Line {
        exchange: &exchange,
        routing_key: &routing_key,
        properties: Properties::of(&properties),
        body: Body::of(&body),
        dead_letter: About::of(letter),
    };
    // This can't fail: it has only texts, numbers, and JSON that was parsed before.
    let line = serde_json::to_string(&line).unwrap_or_default();
    format!("{}\n", visible_json(&line)).into_bytes()
}

impl<'l> Properties<'l> {
    fn of(given: &'l BasicProperties) -> Self {
        #[expect(clippy::ref_option, reason = "lapin's form")]
        fn text(value: &Option<ShortString>) -> Option<&str> {
            value.as_ref().map(ShortString::as_str)
        }
        Self {
            content_type: text(given.content_type()),
            content_encoding: text(given.content_encoding()),
            delivery_mode: *given.delivery_mode(),
            priority: *given.priority(),
            message_id: text(given.message_id()),
            correlation_id: text(given.correlation_id()),
            reply_to: text(given.reply_to()),
            timestamp: *given.timestamp(),
            kind: text(given.kind()),
            app_id: text(given.app_id()),
            cluster_id: text(given.cluster_id()),
            headers: given.headers().as_ref().map(json::table).unwrap_or_default(),
        }
    }
}

impl<'l> Body<'l> {
    fn of(body: &'l [u8]) -> Self {
        let Ok(text) = std::str::from_utf8(body) else { return Self::Bytes(STANDARD.encode(body)) };
        // White space around a value would get lost, and a line break would end the line. Deep nesting would prevent others
        // from parsing the line. Terminal control characters can only be escaped in a text.
        let is_plain = matches!(visible_json(text), Cow::Borrowed(_));
        let is_valid = || serde_json::from_str::<ValidJson>(text).is_ok();
        match serde_json::from_str::<&RawValue>(text) {
            Ok(json)
                if is_plain
                    && json.get().len() == text.len()
                    && !text.contains(['\n', '\r'])
                    && is_valid() =>
            {
                Self::Json(json)
            }
            _ => Self::Text(text),
        }
    }
}

impl<'l> About<'l> {
    fn of(letter: &'l DeadLetter) -> Self {
        let properties = &letter.properties;
        let headers = Headers::of(properties);
        let property = |value: &Option<ShortString>| value.as_ref().map(ShortString::to_string);
        Self {
            domain: letter.domain.name(),
            id: letter.id.to_string(),
            reason: letter.reason.as_str(),
            field: letter.field.as_deref(),
            error: letter.error.as_deref(),
            time: letter.time,
            replays: letter.replays,
            exchange: &letter.exchange,
            routing_key: &letter.routing_key,
            // Besides dead letters of ours, there are those of the broker.
            user_id: headers.text(ORIGINAL_USER_ID).or_else(|| property(properties.user_id())),
            expiration: headers
                .text(ORIGINAL_EXPIRATION)
                .or_else(|| headers.death()?.expiration)
                .or_else(|| property(properties.expiration())),
            headers_left_out: headers.text(HEADERS_LEFT_OUT).is_some(),
            original_properties: headers.bytes(ORIGINAL_PROPERTIES).map(|bytes| STANDARD.encode(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_could_not_read_is_text() {
        let nested = "[".repeat(1000) + &"]".repeat(1000);
        for body in [nested.as_str(), r#""\ud800""#] {
            assert!(matches!(Body::of(body.as_bytes()), Body::Text(_)), "{body}");
        }
    }

    #[test]
    fn every_body_is_written_exactly() {
        for (body, written) in [
            (&b"{ \"b\" : 1.50,  \"a\":\"\xec\xa2\x8c\"}"[..], r#"{"body":{ "b" : 1.50,  "a":"좌"}}"#),
            (b"null", r#"{"body":null}"#),
            (b"[1e400,{\"a\":[true,-1,0.5]}]", r#"{"body":[1e400,{"a":[true,-1,0.5]}]}"#),
            (b" 1", r#"{"body_text":" 1"}"#),
            (b"[1,\n2]", r#"{"body_text":"[1,\n2]"}"#),
            (b"hello", r#"{"body_text":"hello"}"#),
            ("\"\u{202e}\"".as_bytes(), "{\"body_text\":\"\\\"\u{202e}\\\"\"}"),
            (b"", r#"{"body_text":""}"#),
            (b"\xff", r#"{"body_base64":"/w=="}"#),
        ] {
            assert_eq!(serde_json::to_string(&Body::of(body)).unwrap(), written);
        }
    }
}
