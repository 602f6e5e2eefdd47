use audit_core::WireTime;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

use crate::limits::{MAX_TEXT_CHARS, YEARS};

/// What a parameter for text takes.
pub const TEXT: &str = "text of at most 255 characters";

/// What a parameter for a time takes.
pub(super) const TIME: &str = "a time such as 2025-12-06T11:00:29Z, 2025-12-06T20:00 (in the chosen zone), 2025-12-06, \
                               or seconds or milliseconds since 1970";

/// A time in any form that publishers write, or a day, which means its beginning. One without an offset is read in
/// `zone`.
#[must_use]
pub fn parse_time(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time: WireTime = text.parse().or_else(|_| format!("{text}T00:00").parse()).ok()?;
    in_years(time.in_zone(&zone))
}

/// Whether a text can be in the log: no column holds a longer one, and none holds U+0000.
#[must_use]
pub fn fits_column(text: &str) -> bool {
    text.chars().count() <= MAX_TEXT_CHARS && !text.contains('\0')
}

/// A time of the years that the log can hold.
pub(crate) fn in_years(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    YEARS.contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_an_offset_or_in_the_zone() {
        let read = |text| parse_time(text, Tz::Asia__Seoul).map(|time| time.to_rfc3339());
        assert_eq!(read("2025-12-06T11:00:29.5Z").as_deref(), Some("2025-12-06T11:00:29.500+00:00"));
        assert_eq!(read("2025-12-06T11:00:29+09:00").as_deref(), Some("2025-12-06T02:00:29+00:00"));
        assert_eq!(read("2025-12-06T20:00").as_deref(), Some("2025-12-06T11:00:00+00:00"));
        assert_eq!(read("2025-12-06").as_deref(), Some("2025-12-05T15:00:00+00:00"));
        assert_eq!(read("2025-12-06 20:00").as_deref(), Some("2025-12-06T11:00:00+00:00"));
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("99999-01-01"), None);
        assert_eq!(read("20251206"), None);
    }

    #[test]
    fn times_are_read_in_the_forms_of_events() {
        for text in [
            "2025-12-06T11:00Z",
            "2025-12-06T20:00+0900",
            "2025-12-06T20:00:00,0+09:00[Asia/Seoul]",
            "1765018800",
            "1765018800.0",
            "1765018800000",
            " 2025-12-06T20:00 ",
        ] {
            let time = parse_time(text, Tz::Asia__Seoul).map(|time| time.to_rfc3339());
            assert_eq!(time.as_deref(), Some("2025-12-06T11:00:00+00:00"), "{text}");
        }
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_one_after() {
        let time = parse_time("2025-03-30T02:30", Tz::Europe__Berlin).unwrap();
        assert_eq!(time.to_rfc3339(), "2025-03-30T01:30:00+00:00");
    }
}
