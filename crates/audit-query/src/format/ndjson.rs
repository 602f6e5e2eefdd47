//! Events as NDJSON: an object a line.

use crate::Entry;

/// Appends one event, with the end of its line.
pub fn entry(entry: &Entry, out: &mut Vec<u8>) {
    // Neither writing to memory nor an entry's own form can fail.
    let _ = serde_json::to_writer(&mut *out, entry);
    out.push(b'\n');
}
