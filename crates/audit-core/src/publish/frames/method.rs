//! The methods that carry names which a publisher chose, and the one that limits frames.

use super::bytes::{Bytes, make_utf8};

/// Class and method (AMQP 0-9-1).
const TUNE: [u8; 4] = [0, 10, 0, 30];
const RETURN: [u8; 4] = [0, 60, 0, 50];
const DELIVER: [u8; 4] = [0, 60, 0, 60];
const GET_OK: [u8; 4] = [0, 60, 0, 71];

/// What comes after a method.
#[derive(PartialEq)]
pub(super) enum Announces {
    /// A message that was in a queue.
    Delivery,
    /// Nothing, or a message of our own that came back.
    Other,
}

/// The largest frame that both sides take, if this method says so.
pub(super) fn frame_max(method: &[u8]) -> Option<usize> {
    let mut bytes = Bytes(method.strip_prefix(&TUNE)?);
    bytes.u16()?; // the most channels
    match u32::from_be_bytes(*bytes.take(4)?.first_chunk()?) {
        // No limit: that of our own is large enough.
        0 => None,
        limit => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
    }
}

/// Puts question marks in place of what is not UTF-8 in exchange and routing key.
pub(super) fn make_names_readable(method: &mut [u8]) -> Announces {
    let Some((&mut id, arguments)) = method.split_first_chunk_mut() else { return Announces::Other };
    match id {
        DELIVER => {
            let consumer_tag = arguments.first().map_or(0, |length| 1 + usize::from(*length));
            // Behind the delivery tag and whether it comes again.
            names(arguments, consumer_tag + 9);
            Announces::Delivery
        }
        GET_OK => {
            names(arguments, 9);
            Announces::Delivery
        }
        RETURN => {
            let reply_text = arguments.get(2).map_or(0, |length| 1 + usize::from(*length));
            names(arguments, 2 + reply_text);
            Announces::Other
        }
        _ => Announces::Other,
    }
}

/// Makes exchange and routing key readable, which are at `at`.
fn names(arguments: &mut [u8], at: usize) {
    let mut at = at;
    for _ in 0..2 {
        let Some(length) = arguments.get(at) else { return };
        let end = at + 1 + usize::from(*length);
        let Some(name) = arguments.get_mut(at + 1..end) else { return };
        make_utf8(name);
        at = end;
    }
}
