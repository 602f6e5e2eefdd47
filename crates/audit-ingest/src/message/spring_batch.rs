use audit_core::{
    dead_letter::headers::ORIGINAL_PROPERTIES,
    publish::properties_encoded_as,
    store::{Malformed, UnknownFormat},
};
use lapin::{BasicProperties, types::FieldTable};

use super::{
    encoding::Encoding,
    headers::{header_text, table_bytes},
};
use crate::Settings;

/// The header of a message that holds several events; its value is their format.
const FORMAT: &str = "springBatchFormat";
/// The only format that Spring writes: four bytes of length, big-endian, before each body.
const LENGTH_HEADER_4: &str = "lengthHeader4";

/// How much of an unknown format's name an error quotes.
const MAX_FORMAT_CHARS: usize = 100;
/// The most events in one message. Spring's users choose the size; a hundred or a thousand are usual.
const MAX_EVENTS: usize = 10_000;
/// How many times the size of the largest body a decompressed batch may have. Headers count once for each event, because
/// each may become a dead letter with all of them.
const MAX_BODIES: usize = 16;

/// Several events in one message, as Spring's `BatchingRabbitTemplate` sends them. An iterator over their bodies.
#[derive(Debug)]
pub struct SpringBatch {
    /// The bodies, each after its length. Those before `at` have been taken out.
    bodies: Vec<u8>,
    at: usize,
    left: usize,
    properties: BasicProperties,
}

impl SpringBatch {
    /// Returns the batch, if the message is one.
    pub fn of(
        body: &[u8],
        properties: &BasicProperties,
        settings: &Settings,
    ) -> Result<Option<Self>, Malformed> {
        let Some(headers) = properties.headers() else { return Ok(None) };
        // Unreadable headers can't be trusted.
        if !headers.contains_key(FORMAT) || headers.contains_key(ORIGINAL_PROPERTIES) {
            return Ok(None);
        }
        let format = header_text(headers, FORMAT).unwrap_or("no text");
        if format != LENGTH_HEADER_4 {
            return Err(UnknownFormat::Batch(format.chars().take(MAX_FORMAT_CHARS).collect()).into());
        }
        let limit = settings.max_body_bytes.saturating_mul(MAX_BODIES);
        let too_large = Malformed::BatchTooLarge { events: MAX_EVENTS, bytes: limit };
        if body.len() > limit {
            return Err(too_large);
        }
        let encoding = Encoding::of(properties)?;
        let bodies = match encoding.inflate(body, limit) {
            Err(Malformed::TooLargeDecoded { .. }) => return Err(too_large),
            inflated => inflated?.into_owned(),
        };
        let left = count(&bodies).filter(|events| *events > 0).ok_or(Malformed::BrokenBatch)?;
        let with_headers = table_bytes(headers).saturating_mul(left).saturating_add(bodies.len());
        if left > MAX_EVENTS || with_headers > limit {
            return Err(too_large);
        }
        Ok(Some(Self { bodies, at: 0, left, properties: of_one_event(properties, headers, &encoding) }))
    }

    /// The properties that each event would have in a message of its own.
    #[must_use]
    pub fn properties(&self) -> &BasicProperties {
        &self.properties
    }

    /// How much memory the bodies take, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bodies.len()
    }
}

impl Iterator for SpringBatch {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let rest = self.bodies.get(self.at..)?;
        let (body, after) = split_first(rest)?;
        self.at = self.bodies.len() - after.len();
        self.left = self.left.saturating_sub(1);
        Some(body.to_vec())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for SpringBatch {}

/// The number of bodies, if all lengths are valid.
fn count(mut bodies: &[u8]) -> Option<usize> {
    let mut count = 0;
    while !bodies.is_empty() {
        (_, bodies) = split_first(bodies)?;
        count += 1;
    }
    Some(count)
}

/// Splits off the first body.
fn split_first(bodies: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bodies.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(i32::from_be_bytes(*length)).ok()?)
}

/// Spring compresses a batch as a whole; the charset is that of each body.
fn of_one_event(
    properties: &BasicProperties,
    headers: &FieldTable,
    encoding: &Encoding<'_>,
) -> BasicProperties {
    let mut kept = FieldTable::default();
    for (name, value) in headers.inner().iter().filter(|(name, _)| name.as_str() != FORMAT) {
        kept.insert(name.clone(), value.clone());
    }
    let properties = if encoding.is_compressed() {
        properties_encoded_as(properties, encoding.charset_name())
    } else {
        properties.clone()
    };
    properties.with_headers(kept)
}
