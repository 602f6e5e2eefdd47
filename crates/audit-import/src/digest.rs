use std::{borrow::Cow, fmt, ops::AddAssign};

use chrono::{DateTime, Utc};
use sea_orm::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::columns::Columns;

/// All that the original says of an event: the same for two rows that say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(u128);

/// The sum of many events, in whatever order they come. Only its upper half is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum(u128);

impl Digest {
    /// Of an event's id and time, and the values of the shared columns in their order.
    pub(crate) fn of<'v>(
        id: Uuid,
        occurred_at: DateTime<Utc>,
        values: impl Iterator<Item = &'v Value>,
        columns: &Columns,
    ) -> Self {
        let mut hash = Sha256::new();
        hash.update(id.as_bytes());
        hash.update(occurred_at.timestamp_micros().to_be_bytes());
        for value in values {
            let text = text(value, columns);
            // The length first: "ab" and "c" are not "a" and "bc". NULL is no text of any length.
            let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(text.as_deref().unwrap_or_default());
        }
        let mut first_half = [0; 16];
        first_half.copy_from_slice(&hash.finalize()[..16]);
        Self(u128::from_be_bytes(first_half))
    }
}

/// A value as text, whichever database it came from; `None` is NULL.
fn text<'v>(value: &'v Value, columns: &Columns) -> Option<Cow<'v, str>> {
    match value {
        Value::String(text) => text.as_deref().map(Cow::Borrowed),
        Value::Uuid(id) => id.map(|id| id.to_string().into()),
        Value::Int(number) => number.map(|number| number.to_string().into()),
        Value::BigInt(number) => number.map(|number| number.to_string().into()),
        Value::Bool(is) => is.map(|is| is.to_string().into()),
        // Of what came in messages, the original knows nothing.
        Value::Json(json) => {
            let fields = json.as_deref().and_then(serde_json::Value::as_object);
            let known: Vec<_> = columns
                .extra()
                .iter()
                .filter_map(|name| Some(format!("{name:?}:{}", fields?.get(name)?)))
                .collect();
            (!known.is_empty()).then(|| known.join(",").into())
        }
        other => Some(format!("{other:?}").into()),
    }
}

impl AddAssign<Digest> for Checksum {
    fn add_assign(&mut self, digest: Digest) {
        self.0 = self.0.wrapping_add(digest.0);
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0 >> 64)
    }
}
