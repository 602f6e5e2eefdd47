mod epoch;
mod json;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta,
    TimeZone, Utc,
};
use serde::{Serialize, Serializer};

use crate::decimal::Decimal;

#[cfg(feature = "schema")]
pub(crate) use epoch::{FIRST_MILLI, FIRST_SECOND, LAST_MILLI, LAST_SECOND};

/// The years that can be stored and queried. They have four digits, so that times sort correctly as text.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A time from outside: `occurredAt` of an event, `time` of a CloudEvent, `from` and `to` of a query.
///
/// | form | example | read as |
/// |---|---|---|
/// | RFC 3339 | `2025-12-06T11:00:29.1Z`, `…T20:00:29.1+09:00` | an instant |
/// | the same without seconds, or with a shorter offset | `2025-12-06T11:00Z`, `…+0900`, `…+09` | an instant |
/// | with a zone in brackets after the offset | `…+09:00[Asia/Seoul]`, `…Z[UTC]` | an instant: the offset counts |
/// | without offset, also as Java's `LocalDateTime` | `2025-12-06T11:00:29.1`, `2025-12-06T11:00` | a local time |
/// | an array | `[2025,12,6,11,0]`, `[2025,12,6,11,0,29,100000000]` | a local time |
/// | a number | `1765018829.1`, `1765018829100` | an instant |
///
/// Text may have a space instead of the `T` and a comma instead of the point. Digits after the nanoseconds are cut off, and
/// white space is trimmed.
///
/// **Arrays** have year, month, day, hour, minute, then optionally second and fraction. The fraction is in milliseconds if
/// it is below 1,000, otherwise in nanoseconds: Jackson writes either, depending on a setting.
///
/// **Numbers**, also as text, count from 1970. They are seconds, with or without a fraction, from 1,000,000,000 (2001) to
/// the last year that is accepted, and milliseconds from 1,000,000,000,000 (the same day) to the same end. The two ranges
/// do not overlap, and include neither dates without hyphens (`20251206`, `20251206110029`) nor microseconds. Every other
/// number is refused. Digits are never converted to a float.
///
/// ```
/// use audit_core::WireTime;
/// use chrono::FixedOffset;
///
/// let korea = FixedOffset::east_opt(9 * 3600).unwrap();
/// let local: WireTime = "2025-12-06T11:00:29.1".parse()?;
/// assert_eq!(local.in_zone(&korea).to_rfc3339(), "2025-12-06T02:00:29.100+00:00");
///
/// let exact: WireTime = "2025-12-06T11:00:29.1Z".parse()?;
/// assert_eq!(exact.in_zone(&korea).to_rfc3339(), "2025-12-06T11:00:29.100+00:00");
/// # Ok::<(), audit_core::WireTimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireTime(Form);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Exact(DateTime<FixedOffset>),
    Local(NaiveDateTime),
}

/// Why a value can't be a [`WireTime`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireTimeError {
    /// Not one of the forms that publishers send.
    #[error(
        "is not a time: expected RFC 3339 (2025-12-06T11:00:29.1Z), the same without a zone or without seconds, \
         an array [year, month, day, hour, minute, second, nanosecond], or seconds or milliseconds since 1970"
    )]
    NotATime,
    /// A number whose unit could only be guessed.
    #[error(
        "is not a time: as a number, it must be seconds ({first_second} to {last_second}) or milliseconds \
         ({first_milli} to {last_milli}) since 1970",
        first_second = epoch::FIRST_SECOND, last_second = epoch::LAST_SECOND,
        first_milli = epoch::FIRST_MILLI, last_milli = epoch::LAST_MILLI,
    )]
    OtherNumber,
    /// A time that is too far away to be stored.
    #[error("is in the year {0}, only {first} to {last} are stored", first = YEARS.start(), last = YEARS.end())]
    YearOutOfRange(i32),
}

impl WireTime {
    /// The current time.
    #[must_use]
    pub fn now() -> Self {
        Self(Form::Exact(Utc::now().fixed_offset()))
    }

    /// The instant, truncated to whole microseconds.
    ///
    /// A local time is read in `zone`. If it occurred twice because the clock was set back, the first is meant. If it never
    /// occurred because the clock was set forward, the offset before the change applies.
    pub fn in_zone<Z: TimeZone>(self, zone: &Z) -> DateTime<Utc> {
        let instant = match self.0 {
            Form::Exact(time) => time.to_utc(),
            Form::Local(time) => local_to_utc(time, zone),
        };
        DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
    }

    /// Whether it has a zone or an offset. If not, [`Self::in_zone`] reads it in the given zone.
    #[must_use]
    pub fn names_zone(self) -> bool {
        matches!(self.0, Form::Exact(_))
    }

    fn exact(time: DateTime<FixedOffset>) -> Result<Self, WireTimeError> {
        check_year(time.to_utc().year())?;
        Ok(Self(Form::Exact(time)))
    }

    fn local(time: NaiveDateTime) -> Result<Self, WireTimeError> {
        check_year(time.year())?;
        Ok(Self(Form::Local(time)))
    }

    /// A number with all its digits.
    fn from_digits(digits: &str) -> Result<Self, WireTimeError> {
        let number = Decimal::parse(digits).ok_or(WireTimeError::NotATime)?;
        epoch::decimal(&number).map(Self::from)
    }

    /// A number without a fraction.
    fn from_whole(number: i64) -> Result<Self, WireTimeError> {
        epoch::whole(number).map(Self::from)
    }

    /// The array form: year, month, day, hour, minute, then second and fraction unless they are zero.
    fn from_parts(parts: &[u32]) -> Result<Self, WireTimeError> {
        let &[year, month, day, hour, minute, ref rest @ ..] = parts else {
            return Err(WireTimeError::NotATime);
        };
        let (second, nano) = match *rest {
            [] => (0, 0),
            [second] => (second, 0),
            [second, milli @ ..1_000] => (second, milli * 1_000_000),
            [second, nano] => (second, nano),
            _ => return Err(WireTimeError::NotATime),
        };
        let year = i32::try_from(year).map_err(|_| WireTimeError::NotATime)?;
        NaiveDate::from_ymd_opt(year, month, day)
            .and_then(|date| date.and_hms_nano_opt(hour, minute, second, nano))
            .ok_or(WireTimeError::NotATime)
            .and_then(Self::local)
    }
}

fn check_year(year: i32) -> Result<(), WireTimeError> {
    if YEARS.contains(&year) { Ok(()) } else { Err(WireTimeError::YearOutOfRange(year)) }
}

fn local_to_utc<Z: TimeZone>(time: NaiveDateTime, zone: &Z) -> DateTime<Utc> {
    match zone.from_local_datetime(&time) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => {
            // No zone's clock was ever set forward by more than a day.
            let day_before = time - TimeDelta::days(1);
            match zone.from_local_datetime(&day_before).earliest() {
                Some(instant) => instant.to_utc() + TimeDelta::days(1),
                None => time.and_utc(),
            }
        }
    }
}

impl From<DateTime<Utc>> for WireTime {
    fn from(time: DateTime<Utc>) -> Self {
        Self(Form::Exact(time.fixed_offset()))
    }
}

impl std::str::FromStr for WireTime {
    type Err = WireTimeError;

    fn from_str(text: &str) -> Result<Self, WireTimeError> {
        let text = text.trim();
        match text::parse(text) {
            Ok((time, None)) => Self::local(time),
            Ok((time, Some(offset))) => {
                let time = offset.from_local_datetime(&time).single().ok_or(WireTimeError::NotATime)?;
                Self::exact(time)
            }
            Err(WireTimeError::NotATime) => Self::from_digits(text),
            Err(error) => Err(error),
        }
    }
}

impl fmt::Display for WireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Exact(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            // Like Java: no more digits than needed.
            Form::Local(time) => {
                let text = time.format("%Y-%m-%dT%H:%M:%S%.9f").to_string();
                f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
            }
        }
    }
}

impl Serialize for WireTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
