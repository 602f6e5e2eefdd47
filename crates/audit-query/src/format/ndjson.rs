//! Events as NDJSON: one object per line.

use std::borrow::Cow;

use audit_core::terminal::visible_json;

use crate::Entry;

/// Appends one event, with the end of its line. What would steer a terminal is escaped, which for JSON is the same.
pub fn entry(entry: &Entry, out: &mut Vec<u8>) {
    let start = out.len();
    // Neither writing to memory nor an entry's own form can fail.
    let _ = serde_json::to_writer(&mut *out, entry);
    if let Ok(Cow::Owned(escaped)) = str::from_utf8(&out[start..]).map(visible_json) {
        out.truncate(start);
        out.extend(escaped.into_bytes());
    }
    out.push(b'\n');
}
