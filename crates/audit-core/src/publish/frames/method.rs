//! The methods that contain names chosen by a publisher, and the one that negotiates the size of frames.

use super::bytes::{Bytes, make_utf8};

/// Class and method (AMQP 0-9-1).
const TUNE: [u8; 4] = [0, 10, 0, 30];
const RETURN: [u8; 4] = [0, 60, 0, 50];
const DELIVER: [u8; 4] = [0, 60, 0, 60];
const GET_OK: [u8; 4] = [0, 60, 0, 71];

/// What follows a method.
#[derive(PartialEq)]
pub(super) enum Announces {
    /// A message from a queue.
    Delivery,
    /// Nothing, or a returned message of our own.
    Other,
}

/// The largest frame that both sides accept, if this method negotiates it.
pub(super) fn frame_max(method: &[u8]) -> Option<usize> {
    let mut bytes = Bytes(method.strip_prefix(&TUNE)?);
    bytes.u16()?; // the most channels
    match u32::from_be_bytes(*bytes.take(4)?.first_chunk()?) {
        // 0 means no limit: our own applies.
        0 => None,
        limit => Some(usize::try_from(limit).unwrap_or(usize::MAX)),
    }
}

/// Replaces invalid UTF-8 in exchange and routing key by question marks.
pub(super) fn make_names_readable(method: &mut [u8]) -> Announces {
    let Some((&mut id, arguments)) = method.split_first_chunk_mut() else { return Announces::Other };
    match id {
        DELIVER => {
            let consumer_tag = arguments.first().map_or(0, |length| 1 + usize::from(*length));
            // They follow the delivery tag and the flag `redelivered`.
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

/// Makes the exchange and routing key at `at` readable.
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
