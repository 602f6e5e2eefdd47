use std::fmt;

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta,
    TimeZone, Utc,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The years that can be stored and asked for. Years of four digits, so that the order of text is that of time.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// `occurredAt` as publishers send it: with an offset (RFC 3339), or as a local time of an unnamed zone.
///
/// Java services send the latter, as ISO text (`2025-12-06T11:00:29.1`) or as an array of numbers
/// (`[2025,12,6,11,0,29,100000000]`, trailing zeros left out). New publishers send RFC 3339.
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
        "is not a time: expected RFC 3339 (2025-12-06T11:00:29.1Z), the same without a zone, \
         or an array [year, month, day, hour, minute, second, nanosecond]"
    )]
    NotATime,
    /// A time, but too far off to be stored.
    #[error("is in the year {0}, only {first} to {last} are stored", first = YEARS.start(), last = YEARS.end())]
    YearOutOfRange(i32),
}

impl WireTime {
    /// The current time.
    #[must_use]
    pub fn now() -> Self {
        Self(Form::Exact(Utc::now().fixed_offset()))
    }

    /// The instant, in whole microseconds (cut off, not rounded, so that a redelivery gives the same).
    ///
    /// A local time is read in `zone`. Where a zone's clock was set back and the local time happened
    /// twice, the first is meant; where it was set forward and the local time never was, the time is
    /// read by the clock as it stood before.
    pub fn in_zone<Z: TimeZone>(self, zone: &Z) -> DateTime<Utc> {
        let instant = match self.0 {
            Form::Exact(time) => time.to_utc(),
            Form::Local(time) => local_to_utc(time, zone),
        };
        DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant)
    }

    /// Whether it says its zone, or at least its offset. If not, [`Self::in_zone`] counts on the zone that it is given.
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

    /// The array form: year, month, day, hour, minute, then second and nanosecond unless they are zero.
    fn from_parts(parts: &[u32]) -> Result<Self, WireTimeError> {
        let &[year, month, day, hour, minute, ref rest @ ..] = parts else {
            return Err(WireTimeError::NotATime);
        };
        let (second, nano) = match *rest {
            [] => (0, 0),
            [second] => (second, 0),
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
            // No zone was ever set forward by more than a day.
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
        // Java leaves the seconds out of `LocalDateTime.toString()` when they are zero.
        const WITHOUT_SECONDS: &str = "%Y-%m-%dT%H:%M";
        if let Ok(time) = text.parse::<NaiveDateTime>() {
            Self::local(time)
        } else if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            Self::exact(time)
        } else if let Ok(time) = NaiveDateTime::parse_from_str(text, WITHOUT_SECONDS) {
            Self::local(time)
        } else {
            Err(WireTimeError::NotATime)
        }
    }
}

impl fmt::Display for WireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Exact(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            // As Java writes it: no more digits than needed.
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

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WireTimeVisitor)
    }
}

struct WireTimeVisitor;

impl<'de> de::Visitor<'de> for WireTimeVisitor {
    type Value = WireTime;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as text or as an array of numbers")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<WireTime, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<WireTime, A::Error> {
        // Year to nanosecond are 7 numbers; one more is enough to see that there are too many.
        let mut parts = Vec::with_capacity(8);
        while let Some(part) = seq.next_element::<u32>()? {
            parts.push(part);
            if parts.len() > 7 {
                return Err(de::Error::custom(WireTimeError::NotATime));
            }
        }
        WireTime::from_parts(&parts).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(json: &str) -> String {
        let time: WireTime = serde_json::from_str(json).unwrap();
        time.in_zone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    #[test]
    fn every_form_of_the_contract_is_read() {
        for (json, expected) in [
            (r#""2025-12-06T11:00:29.1""#, "2025-12-06T11:00:29.100Z"),
            (r#""2025-12-06T11:00:29""#, "2025-12-06T11:00:29Z"),
            (r#""2025-12-06T11:00""#, "2025-12-06T11:00:00Z"),
            (r#""2025-12-01T09:07:59.999999999""#, "2025-12-01T09:07:59.999999Z"),
            (r#""2025-12-06T11:00:29.100Z""#, "2025-12-06T11:00:29.100Z"),
            (r#""2025-12-06T20:00:29.1+09:00""#, "2025-12-06T11:00:29.100Z"),
            ("[2025,12,6,11,0,29,100000000]", "2025-12-06T11:00:29.100Z"),
            ("[2025,12,6,11,0,29]", "2025-12-06T11:00:29Z"),
            ("[2025,12,6,11,0]", "2025-12-06T11:00:00Z"),
            (r#""1999-01-01T00:00:00""#, "1999-01-01T00:00:00Z"),
            (r#""2087-06-30T23:59:59.000001""#, "2087-06-30T23:59:59.000001Z"),
        ] {
            assert_eq!(utc(json), expected, "{json}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for json in [
            r#""yesterday""#,
            r#""2025-13-01T00:00:00""#,
            r#""2025-12-06""#,
            "[2025,12,6,11]",
            "[2025,12,6,11,0,0,0,0]",
            "[2025,12,6,25,0]",
            "[-5,12,6,11,0]",
            "1765018829",
            "{}",
            "true",
        ] {
            assert!(serde_json::from_str::<WireTime>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn years_out_of_range_are_refused() {
        for json in [r#""0001-01-01T00:00:00""#, "[999999999,1,1,0,0]", r#""2200-01-01T00:00:00Z""#] {
            assert!(serde_json::from_str::<WireTime>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_local_time_that_never_was_is_read_by_the_clock_before() {
        // Seoul's clocks went from 02:00 to 03:00 on 10 May 1987.
        let time: WireTime = "1987-05-10T02:30:00".parse().unwrap();
        assert_eq!(time.in_zone(&chrono_tz::Asia::Seoul).to_rfc3339(), "1987-05-09T17:30:00+00:00");
    }

    proptest::proptest! {
        #[test]
        fn text_form_survives_a_round_trip(micros in 0i64..4_102_444_800_000_000) {
            let time = WireTime::from(DateTime::from_timestamp_micros(micros).unwrap());
            let text = time.to_string();
            proptest::prop_assert_eq!(text.parse::<WireTime>().unwrap().in_zone(&Utc), time.in_zone(&Utc));
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".*") {
            let _ = text.parse::<WireTime>();
        }
    }
}
