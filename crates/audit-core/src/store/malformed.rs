use std::borrow::Cow;

use super::UnknownFormat;
use crate::dead_letter::DeadLetterReason;

/// Why a message can never be stored. The cause is the message itself, so retrying does not help.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// It arrived in this domain's queue with another domain's key: the exchange is not a topic exchange, or the queue has
    /// too many bindings.
    #[error(
        "its routing key `{0}` is not that of this domain: look at the exchange's type and the queue's bindings"
    )]
    WrongDomain(String),
    /// Properties or headers that AMQP libraries can't read: text that is not UTF-8, or too many or too deeply nested
    /// values.
    #[error(
        "its properties or headers can't be read: text that is not UTF-8, or too many or too deeply nested values"
    )]
    UnreadableProperties,
    /// The body is larger than the limit.
    #[error("the body is {size} bytes large, at most {limit} are taken")]
    TooLarge {
        /// The body's size in bytes.
        size: usize,
        /// The largest body taken, in bytes.
        limit: usize,
    },
    /// Its numbers have exponents. Written out, as databases do, they make it larger than the limit.
    #[error("the body is {size} bytes large when its numbers are written out, at most {limit} are taken")]
    TooLargeWrittenOut {
        /// The size of the body with its numbers written out, in bytes.
        size: usize,
        /// The largest body taken, in bytes.
        limit: usize,
    },
    /// It is larger than the limit after decoding: it was compressed, or in a charset that takes less room than UTF-8.
    #[error("the body is more than {limit} bytes large when it is decoded, at most so many are taken")]
    TooLargeDecoded {
        /// The largest body taken, in bytes.
        limit: usize,
    },
    /// Its compression or charset is not supported. AMQP limits the name to 255 bytes.
    #[error(
        "the encoding `{0}` is not read: send UTF-8 (also read are UTF-16, UTF-32, EUC-KR, MS949, ISO-8859-1, US-ASCII, \
         and of these gzip and deflate)"
    )]
    UnknownEncoding(String),
    /// It is not in the encoding that its properties name.
    #[error(
        "the body is no {0}, or is cut off: content_encoding, or the charset of content_type, names another encoding \
         than that of the body"
    )]
    WrongEncoding(&'static str),
    /// Several events in one message, more than the limit.
    #[error(
        "the batch is too large: at most {events} events are taken in one message, and {bytes} bytes, with the headers \
         once for each of them"
    )]
    BatchTooLarge {
        /// The most events in one message.
        events: usize,
        /// The most bytes.
        bytes: usize,
    },
    /// Several events in one message, with invalid lengths.
    #[error(
        "the batch can't be taken apart: the lengths before its bodies do not fit the message, or it is empty"
    )]
    BrokenBatch,
    /// Its format is not supported.
    #[error(transparent)]
    UnknownFormat(#[from] UnknownFormat),
    /// Not JSON: invalid syntax or UTF-8, or nested too deeply.
    #[error("the body is not JSON that can be read: {0}")]
    NotJson(#[source] serde_json::Error),
    /// JSON, but not an object.
    #[error("the body is JSON, but not an object")]
    NotAnObject,
    /// A required field is missing.
    #[error("the field `{0}` is missing")]
    MissingField(&'static str),
    /// A required field is null, which means absent.
    #[error("the field `{0}` is null, which means that it is missing")]
    NullField(&'static str),
    /// A field has a value that its column can't hold.
    #[error("the field `{field}` can't be stored: {source}")]
    InvalidField {
        /// The field's name in the body.
        field: Cow<'static, str>,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Its time is too far in the future.
    #[error("the field `occurredAt` lies more than {months} months ahead of the present one")]
    TooFarAhead {
        /// How many months ahead are accepted.
        months: u32,
    },
    /// The domain's mapping leaves out a column: a bug in its crate.
    #[error("the domain's mapping gives the column `{0}` no value")]
    Unmapped(&'static str),
}

impl Malformed {
    /// The reason in a dead letter's headers.
    #[must_use]
    pub fn reason(&self) -> DeadLetterReason {
        match self {
            Self::WrongDomain(_) => DeadLetterReason::WrongDomain,
            Self::UnreadableProperties => DeadLetterReason::UnreadableProperties,
            Self::TooLarge { .. }
            | Self::TooLargeWrittenOut { .. }
            | Self::TooLargeDecoded { .. }
            | Self::BatchTooLarge { .. } => DeadLetterReason::TooLarge,
            Self::BrokenBatch => DeadLetterReason::BrokenBatch,
            Self::UnknownEncoding(_) => DeadLetterReason::UnknownEncoding,
            Self::WrongEncoding(_) => DeadLetterReason::WrongEncoding,
            Self::UnknownFormat(_) => DeadLetterReason::UnknownFormat,
            Self::NotJson(_) => DeadLetterReason::NotJson,
            Self::NotAnObject => DeadLetterReason::NotAnObject,
            Self::MissingField(_) | Self::NullField(_) => DeadLetterReason::MissingField,
            Self::InvalidField { .. } => DeadLetterReason::InvalidField,
            Self::TooFarAhead { .. } => DeadLetterReason::TooFarAhead,
            Self::Unmapped(_) => DeadLetterReason::UnmappedColumn,
        }
    }

    /// The field to blame, where there is one.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::MissingField(field) | Self::NullField(field) | Self::Unmapped(field) => Some(field),
            Self::InvalidField { field, .. } => Some(field),
            Self::TooFarAhead { .. } => Some("occurredAt"),
            Self::WrongDomain(_)
            | Self::UnreadableProperties
            | Self::TooLarge { .. }
            | Self::TooLargeWrittenOut { .. }
            | Self::TooLargeDecoded { .. }
            | Self::UnknownEncoding(_)
            | Self::WrongEncoding(_)
            | Self::BatchTooLarge { .. }
            | Self::BrokenBatch
            | Self::UnknownFormat(_)
            | Self::NotJson(_)
            | Self::NotAnObject => None,
        }
    }
}
