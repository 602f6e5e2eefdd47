use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Entry, Order,
    filter::{fits_column, in_years},
    order::Direction,
};

/// A place between two events, to go on from: opaque text for whoever holds it.
///
/// It names the last event that was shown, not a number of events: what is stored meanwhile moves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) order: Order,
    pub(crate) direction: Direction,
    pub(crate) sort_key: SortKey,
    /// The beginning that was assumed for the first page, so that it does not wander from page to page.
    pub(crate) assumed_from: Option<DateTime<Utc>>,
}

/// The place of an event in the order of all events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SortKey {
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) id: Uuid,
    pub(crate) domain: String,
}

impl SortKey {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self { occurred_at: entry.occurred_at, id: entry.id, domain: entry.domain.name().to_owned() }
    }
}

/// A time of the log: the databases can't compare with any other.
fn time(micros: i64) -> Option<DateTime<Utc>> {
    in_years(DateTime::from_timestamp_micros(micros)?)
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that this service gave out: take it from `next_cursor`, unchanged")]
pub struct InvalidCursor;

/// The first byte: another form would get another one.
const FORM: u8 = 1;
const NONE: i64 = i64::MIN;

impl Cursor {
    pub(crate) fn at(
        entry: &Entry,
        order: Order,
        direction: Direction,
        assumed_from: Option<DateTime<Utc>>,
    ) -> Self {
        Self { order, direction, sort_key: SortKey::of(entry), assumed_from }
    }

    /// The order of the pages that it belongs to.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (&[FORM, flags], bytes) = bytes.split_first_chunk::<2>()? else { return None };
        let (occurred_at, bytes) = bytes.split_first_chunk::<8>()?;
        let (assumed_from, bytes) = bytes.split_first_chunk::<8>()?;
        let (id, domain) = bytes.split_first_chunk::<16>()?;
        let assumed_from = match i64::from_be_bytes(*assumed_from) {
            NONE => None,
            micros => Some(time(micros)?),
        };
        Some(Self {
            order: if flags & 1 == 0 { Order::Newest } else { Order::Oldest },
            direction: if flags & 2 == 0 { Direction::Forward } else { Direction::Backward },
            sort_key: SortKey {
                occurred_at: time(i64::from_be_bytes(*occurred_at))?,
                id: Uuid::from_bytes(*id),
                domain: std::str::from_utf8(domain).ok().filter(|domain| fits_column(domain))?.to_owned(),
            },
            assumed_from,
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = u8::from(self.order == Order::Oldest);
        let direction = u8::from(self.direction == Direction::Backward);
        let mut bytes = vec![FORM, order | direction << 1];
        bytes.extend(self.sort_key.occurred_at.timestamp_micros().to_be_bytes());
        bytes.extend(self.assumed_from.map_or(NONE, |from| from.timestamp_micros()).to_be_bytes());
        bytes.extend(self.sort_key.id.as_bytes());
        bytes.extend(self.sort_key.domain.as_bytes());
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        Self::read(&bytes).ok_or(InvalidCursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_the_same_cursor() {
        let cursor = Cursor {
            order: Order::Oldest,
            direction: Direction::Backward,
            sort_key: SortKey {
                occurred_at: DateTime::from_timestamp_micros(1_765_018_829_100_001).unwrap(),
                id: Uuid::now_v7(),
                domain: "reservation-seat".to_owned(),
            },
            assumed_from: DateTime::from_timestamp_micros(-1),
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn a_cursor_that_no_event_can_have_is_refused() {
        let cursor = |micros, domain: &str| Cursor {
            order: Order::Newest,
            direction: Direction::Forward,
            sort_key: SortKey {
                occurred_at: DateTime::from_timestamp_micros(micros).unwrap(),
                id: Uuid::nil(),
                domain: domain.to_owned(),
            },
            assumed_from: None,
        };
        assert!(cursor(0, "payment").to_string().parse::<Cursor>().is_ok());
        for cursor in [cursor(7_826_000_000_000_000_000, "payment"), cursor(0, "\0")] {
            assert_eq!(cursor.to_string().parse::<Cursor>(), Err(InvalidCursor), "{cursor:?}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "x", "AAAA", "not a cursor", "AQAAAAAAAAA"] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
