//! A message's encoded properties and headers.

use std::str;

use super::{
    bytes::{Bytes, make_utf8},
    field_table::{self, Entries},
};
use crate::dead_letter::headers::ORIGINAL_PROPERTIES;

/// Class, weight and the body's size precede the properties.
const BEFORE_PROPERTIES: usize = 12;
/// The bit of the first property; the others follow downwards. The table of headers is the third.
const FIRST: u16 = 1 << 15;
const HEADERS: u16 = FIRST >> 2;

/// The properties in their order (AMQP 0-9-1, class basic).
const PROPERTIES: [Kind; 14] = [
    Kind::Text,     // content-type
    Kind::Text,     // content-encoding
    Kind::Headers,  // headers
    Kind::Bytes(1), // delivery-mode
    Kind::Bytes(1), // priority
    Kind::Text,     // correlation-id
    Kind::Text,     // reply-to
    Kind::Text,     // expiration
    Kind::Text,     // message-id
    Kind::Bytes(8), // timestamp
    Kind::Text,     // type
    Kind::Text,     // user-id
    Kind::Text,     // app-id
    Kind::Text,     // cluster-id
];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Headers,
    Bytes(usize),
}

/// The content header, which precedes a message's body.
pub(super) struct ContentHeader<'b> {
    payload: &'b [u8],
    body_size: u64,
    /// Flags and values.
    properties: &'b [u8],
}

impl<'b> ContentHeader<'b> {
    pub(super) fn of(payload: &'b [u8]) -> Option<Self> {
        let (before, properties) = payload.split_at_checked(BEFORE_PROPERTIES)?;
        let body_size = u64::from_be_bytes(*before.last_chunk()?);
        Some(Self { payload, body_size, properties })
    }

    /// Roughly how much memory the message takes.
    pub(super) fn message_bytes(&self) -> usize {
        usize::try_from(self.body_size).unwrap_or(usize::MAX).saturating_add(self.payload.len())
    }

    /// Replaces properties that lapin can't read, by at most `max` bytes. `None` if lapin can read them.
    ///
    /// Everything readable is kept: text, with question marks in it, and each readable header. Another header,
    /// [`ORIGINAL_PROPERTIES`], marks the message, and holds the original properties if there is room for them.
    pub(super) fn replaced(&self, max: usize) -> Option<Vec<u8>> {
        if self.is_readable() {
            return None;
        }
        let kept = Kept::of(self.properties);
        let before = &self.payload[..BEFORE_PROPERTIES];
        let whole = |headers: &[u8], original: &[u8]| {
            let whole = kept.with(before, headers, original);
            (whole.len() <= max).then_some(whole)
        };
        whole(&kept.headers, self.properties)
            .or_else(|| whole(&[], self.properties))
            .or_else(|| whole(&kept.headers, &[]))
            .or_else(|| Some(kept.with(before, &[], &[])))
    }

    fn is_readable(&self) -> bool {
        let mut bytes = Bytes(self.properties);
        let Some(flags) = bytes.u16() else { return false };
        let mut flag = FIRST;
        for kind in PROPERTIES {
            let is_readable = flags & flag == 0
                || match kind {
                    Kind::Text => bytes.short_string().is_some_and(|text| str::from_utf8(text).is_ok()),
                    Kind::Headers => bytes.long_string().is_some_and(field_table::is_readable),
                    Kind::Bytes(count) => bytes.take(count).is_some(),
                };
            if !is_readable {
                return false;
            }
            flag >>= 1;
        }
        bytes.0.is_empty()
    }
}

/// The readable part of properties.
#[derive(Default)]
struct Kept {
    flags: u16,
    before_headers: Vec<u8>,
    headers: Vec<u8>,
    behind_headers: Vec<u8>,
}

impl Kept {
    fn of(properties: &[u8]) -> Self {
        let mut kept = Self::default();
        // It ends where the lengths become invalid.
        let _ = kept.read(Bytes(properties));
        kept
    }

    fn read(&mut self, mut bytes: Bytes<'_>) -> Option<()> {
        let flags = bytes.u16()?;
        let mut flag = FIRST;
        for kind in PROPERTIES {
            if flags & flag != 0 {
                let value = match kind {
                    Kind::Text => text_in_utf8(bytes.short_string()?),
                    Kind::Bytes(count) => bytes.take(count)?.to_vec(),
                    Kind::Headers => {
                        self.headers = readable_headers(bytes.long_string()?);
                        Vec::new()
                    }
                };
                self.flags |= flag;
                let place = if flag > HEADERS { &mut self.before_headers } else { &mut self.behind_headers };
                place.extend(value);
            }
            flag >>= 1;
        }
        Some(())
    }

    fn with(&self, before: &[u8], headers: &[u8], original: &[u8]) -> Vec<u8> {
        let mut table = headers.to_vec();
        table.extend(short_string(ORIGINAL_PROPERTIES.as_bytes()));
        table.push(b'x');
        table.extend(long_string(original));
        [
            before,
            &(self.flags | HEADERS).to_be_bytes(),
            &self.before_headers,
            &long_string(&table),
            &self.behind_headers,
        ]
        .concat()
    }
}

/// A length-prefixed text of the same length, with a question mark for each byte that is not UTF-8.
fn text_in_utf8(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    make_utf8(&mut text);
    short_string(&text)
}

/// The headers that lapin can read.
fn readable_headers(table: &[u8]) -> Vec<u8> {
    let mut values = 0;
    let entries = Entries::of(table).filter(|entry| entry.is_readable(&mut values));
    entries.flat_map(|entry| entry.bytes.iter().copied()).collect()
}

fn short_string(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
    [&[length], &text[..length.into()]].concat()
}

fn long_string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}
