use std::borrow::Cow;

use audit_core::{
    Domain, Topology,
    dead_letter::headers::{
        EXCEPTION_MESSAGE, FIELD, HEADERS_LEFT_OUT, ORIGINAL_EXCHANGE, ORIGINAL_EXPIRATION,
        ORIGINAL_ROUTING_KEY, ORIGINAL_USER_ID, PREFIXES, REASON, TIME,
    },
    publish::{Message, copied_properties},
};
use chrono::{SecondsFormat, Utc};
use lapin::types::{AMQPValue, FieldTable};

use super::rejection::Rejection;
use crate::message::{SourceMessage, table_bytes, value_bytes};

/// The most that a frame contains besides the headers: its own bytes, and eleven properties.
const MAX_BESIDE_HEADERS: usize = 2_304;
/// The most characters of untrusted text.
const MAX_CHARS: usize = 500;
/// The largest of our own headers: prose of 500 characters.
const MAX_OWN_HEADER: usize = 3 * 1024;

/// A copy of a message, with headers that say why it is a dead letter: those that Spring uses, and the reason as a code.
///
/// Body and properties are those of the original, except where the copy would get lost or the broker would refuse it:
/// [`copied_properties`].
pub(super) fn dead_letter(
    message: SourceMessage,
    rejection: &Rejection,
    topology: &Topology,
    domain: Domain,
) -> Message {
    let properties = message.properties();
    let mut headers = properties.headers().clone().unwrap_or_default();
    let mut header = |name: &str, value: Cow<'_, str>| {
        headers.insert(name.into(), AMQPValue::LongString(value.into_owned().into()));
    };
    header(EXCEPTION_MESSAGE, shortened(&rejection.to_string()));
    header(ORIGINAL_EXCHANGE, message.exchange().into());
    header(ORIGINAL_ROUTING_KEY, message.routing_key().into());
    header(REASON, rejection.reason().code().into());
    header(TIME, Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true).into());
    if let Some(field) = rejection.field() {
        header(FIELD, shortened(field));
    }
    if let Some(user) = properties.user_id() {
        header(ORIGINAL_USER_ID, user.as_str().into());
    }
    if let Some(expiration) = properties.expiration() {
        header(ORIGINAL_EXPIRATION, expiration.as_str().into());
    }
    Message {
        exchange: topology.dead_letter_exchange(),
        routing_key: domain.dead_letter_routing_key(),
        properties: copied_properties(properties).with_headers(headers),
        body: message.body,
    }
}

/// Removes the original's headers from a dead letter that would not fit into one frame with them. Properties and headers
/// can't be split into frames: the broker would close the connection at each attempt.
pub(super) fn fit(letter: &mut Message, frame_max: usize) {
    let Some(headers) = letter.properties.headers() else { return };
    if table_bytes(headers) + MAX_BESIDE_HEADERS <= frame_max {
        return;
    }
    let mut kept = FieldTable::default();
    for (name, value) in headers.inner() {
        let is_ours = PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix));
        // A publisher may have set one of these, of any size.
        if is_ours && value_bytes(value) <= MAX_OWN_HEADER {
            kept.insert(name.clone(), value.clone());
        }
    }
    let note = AMQPValue::LongString("left out: too large for one frame beside these".into());
    kept.insert(HEADERS_LEFT_OUT.into(), note);
    letter.properties = std::mem::take(&mut letter.properties).with_headers(kept);
}

/// Truncates untrusted text.
fn shortened(text: &str) -> Cow<'static, str> {
    text.chars().take(MAX_CHARS).collect::<String>().into()
}
