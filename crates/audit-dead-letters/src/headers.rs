//! The headers of a dead letter. Anybody can publish to its queue, so values may have any length.

use chrono::{DateTime, Utc};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};

/// Longer text does not come from this service, and is truncated.
const MAX_CHARS: usize = 500;

/// The headers of a message.
#[derive(Clone, Copy)]
pub(crate) struct Headers<'m>(Option<&'m FieldTable>);

impl<'m> Headers<'m> {
    pub(crate) fn of(properties: &'m BasicProperties) -> Self {
        Self(properties.headers().as_ref())
    }

    fn get(self, name: &str) -> Option<&'m AMQPValue> {
        self.0?.inner().get(name)
    }

    pub(crate) fn text(self, name: &str) -> Option<String> {
        text(self.get(name)?)
    }

    pub(crate) fn bytes(self, name: &str) -> Option<&'m [u8]> {
        match self.get(name)? {
            AMQPValue::ByteArray(bytes) => Some(bytes.as_slice()),
            _ => None,
        }
    }

    pub(crate) fn time(self, name: &str) -> Option<DateTime<Utc>> {
        match self.get(name)? {
            AMQPValue::Timestamp(seconds) => instant(*seconds),
            other => DateTime::parse_from_rfc3339(&text(other)?).ok().map(|time| time.to_utc()),
        }
    }

    /// A count. Anything but a number is 0, and a number out of range is saturated.
    pub(crate) fn count(self, name: &str) -> u32 {
        let number = match self.get(name) {
            Some(AMQPValue::LongLongInt(number)) => *number,
            Some(AMQPValue::LongInt(number)) => i64::from(*number),
            _ => 0,
        };
        u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX })
    }

    /// What the broker recorded when it last dead-lettered the message itself.
    pub(crate) fn death(self) -> Option<Death> {
        let AMQPValue::FieldArray(deaths) = self.get("x-death")? else { return None };
        let AMQPValue::FieldTable(last) = deaths.as_slice().first()? else { return None };
        let last = Headers(Some(last));
        let routing_key = match last.get("routing-keys") {
            Some(AMQPValue::FieldArray(keys)) => keys.as_slice().first().and_then(text),
            _ => None,
        };
        Some(Death {
            reason: last.text("reason"),
            time: last.time("time"),
            exchange: last.text("exchange"),
            expiration: last.text("original-expiration"),
            routing_key,
        })
    }
}

/// Why the broker dead-lettered a message: a consumer rejected it, it expired, its queue was full, or it was delivered too
/// often.
#[derive(Debug, Default)]
pub(crate) struct Death {
    pub(crate) reason: Option<String>,
    pub(crate) time: Option<DateTime<Utc>>,
    pub(crate) exchange: Option<String>,
    pub(crate) expiration: Option<String>,
    pub(crate) routing_key: Option<String>,
}

fn text(value: &AMQPValue) -> Option<String> {
    let text = match value {
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()),
        AMQPValue::ShortString(text) => text.as_str().into(),
        _ => return None,
    };
    Some(text.chars().take(MAX_CHARS).collect())
}

fn instant(seconds: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}
