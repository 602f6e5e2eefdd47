//! Encoded tables of headers.

use std::str;

use super::bytes::Bytes;

/// lapin reads tables recursively: each level takes some kilobytes of its thread's stack of 2 MiB.
const MAX_DEPTH: usize = 32;
/// A value of one byte takes about a hundred bytes in memory.
const MAX_VALUES: usize = 1_000;

/// The entries of a table, as long as their lengths are valid.
pub(super) struct Entries<'b>(Bytes<'b>);

/// A header.
pub(super) struct Entry<'b> {
    /// Name and value, as they are in the table.
    pub(super) bytes: &'b [u8],
    name: &'b [u8],
    value: &'b [u8],
}

impl<'b> Entries<'b> {
    pub(super) fn of(table: &'b [u8]) -> Self {
        Self(Bytes(table))
    }

    /// Whether the end is reached.
    pub(super) fn is_at_end(&self) -> bool {
        self.0.0.is_empty()
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = Entry<'b>;

    fn next(&mut self) -> Option<Entry<'b>> {
        let all = self.0.0;
        let mut rest = Bytes(all);
        let name = rest.short_string()?;
        let before_value = rest.0;
        let value = before_value.get(..value_length(before_value)?)?;
        let bytes = all.get(..1 + name.len() + value.len())?;
        self.0.take(bytes.len())?;
        Some(Entry { bytes, name, value })
    }
}

impl Entry<'_> {
    /// Whether lapin can read it. `values` counts what it has read so far.
    pub(super) fn is_readable(&self, values: &mut usize) -> bool {
        str::from_utf8(self.name).is_ok() && is_value_readable(self.value, values)
    }
}

/// Whether lapin can read a whole table.
pub(super) fn is_readable(table: &[u8]) -> bool {
    let mut entries = Entries::of(table);
    let mut values = 0;
    entries.all(|entry| entry.is_readable(&mut values)) && entries.is_at_end()
}

/// Whether lapin can read a value. Not recursive, so that no nesting overflows the stack.
fn is_value_readable(value: &[u8], values: &mut usize) -> bool {
    /// A table or array, and what is left of it.
    struct Open<'b> {
        is_table: bool,
        rest: &'b [u8],
    }
    let mut open = vec![Open { is_table: false, rest: value }];
    while let Some(innermost) = open.last_mut() {
        if innermost.rest.is_empty() {
            open.pop();
            continue;
        }
        let mut bytes = Bytes(innermost.rest);
        if innermost.is_table && bytes.short_string().is_none_or(|name| str::from_utf8(name).is_err()) {
            return false;
        }
        let Some(value) = value_length(bytes.0).and_then(|length| bytes.take(length)) else { return false };
        innermost.rest = bytes.0;
        *values += 1;
        if *values > MAX_VALUES {
            return false;
        }
        if let [tag @ (b'F' | b'A'), _, _, _, _, content @ ..] = value {
            if open.len() > MAX_DEPTH {
                return false;
            }
            open.push(Open { is_table: *tag == b'F', rest: content });
        }
    }
    true
}

/// The length of the value at the beginning of these bytes, its tag included. `None` if lapin does not know the tag.
fn value_length(bytes: &[u8]) -> Option<usize> {
    let (tag, rest) = bytes.split_first()?;
    let length = match tag {
        b'V' => 0,
        b't' | b'b' | b'B' => 1,
        b's' | b'U' | b'u' => 2,
        b'I' | b'i' | b'f' => 4,
        b'D' => 5,
        b'L' | b'l' | b'd' | b'T' => 8,
        b'S' | b'x' | b'F' | b'A' => 4 + u32::from_be_bytes(*rest.first_chunk()?) as usize,
        _ => return None,
    };
    Some(1 + length)
}
