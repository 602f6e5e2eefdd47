//! Times as numbers: seconds or milliseconds since 1970.

use chrono::{DateTime, Utc};

use super::WireTimeError;
use crate::decimal::Decimal;

/// The smallest number of seconds: 2001-09-09. A smaller one is a date without hyphens, or a mistake.
pub(crate) const FIRST_SECOND: i64 = 1_000_000_000;
/// The last second of the years that are accepted.
pub(crate) const LAST_SECOND: i64 = 7_258_118_399;
/// The smallest number of milliseconds, on the same day.
pub(crate) const FIRST_MILLI: i64 = FIRST_SECOND * 1_000;
/// The last millisecond of the years that are accepted.
pub(crate) const LAST_MILLI: i64 = LAST_SECOND * 1_000 + 999;

/// A number without a fraction.
pub(super) fn whole(number: i64) -> Result<DateTime<Utc>, WireTimeError> {
    instant(number, "")
}

/// A number with all its digits. Those after the nanoseconds are cut off.
pub(super) fn decimal(number: &Decimal) -> Result<DateTime<Utc>, WireTimeError> {
    match number.whole.parse() {
        Ok(whole) if !number.is_negative => instant(whole, &number.fraction),
        _ => Err(WireTimeError::OtherNumber),
    }
}

fn instant(whole: i64, fraction: &str) -> Result<DateTime<Utc>, WireTimeError> {
    let time = match whole {
        FIRST_SECOND..=LAST_SECOND => DateTime::from_timestamp(whole, first_digits(fraction, 9)),
        FIRST_MILLI..=LAST_MILLI => {
            let nanos = i64::from(first_digits(fraction, 6));
            DateTime::from_timestamp_millis(whole).map(|time| time + chrono::TimeDelta::nanoseconds(nanos))
        }
        _ => None,
    };
    time.ok_or(WireTimeError::OtherNumber)
}

/// The number made of the first digits, padded with zeros.
fn first_digits(digits: &str, count: usize) -> u32 {
    let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(count);
    padded.fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
}
