use audit_query::parse_time;
use chrono::{DateTime, Days, TimeDelta, Utc};
use chrono_tz::Tz;

/// A time that is named from now: `today`, `yesterday`, or how long ago it was, as `30m`, `1h`, `7d`.
///
/// Only the command line takes these: an address is shared and asked again, and has to mean the same later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RelativeTime {
    /// The beginning of a day, so many days ago.
    Day(u64),
    Ago(TimeDelta),
}

impl RelativeTime {
    /// What is accepted, for help and errors.
    pub(super) const FORMS: &str = "`today`, `yesterday`, or how long ago, such as `30m`, `1h`, `7d` or `2w`";

    /// Reads a word. `None`: it is none of these.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "today" => return Some(Self::Day(0)),
            "yesterday" => return Some(Self::Day(1)),
            _ => {}
        }
        let unit = text.chars().next_back()?;
        let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number >= 0)?;
        let ago = match unit {
            's' => TimeDelta::try_seconds(number),
            'm' => TimeDelta::try_minutes(number),
            'h' => TimeDelta::try_hours(number),
            'd' => TimeDelta::try_days(number),
            'w' => TimeDelta::try_weeks(number),
            _ => None,
        };
        ago.map(Self::Ago)
    }

    /// The time that it means. Days begin in `zone`. `None`: it is not a time of the log.
    pub(super) fn at(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(ago) => {
                let day = now.with_timezone(&zone).date_naive().checked_sub_days(Days::new(ago))?;
                parse_time(&day.to_string(), zone)
            }
            Self::Ago(ago) => parse_time(&now.checked_sub_signed(ago)?.to_rfc3339(), zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, zone: Tz) -> Option<String> {
        let now = "2025-12-06T18:30:00Z".parse().unwrap();
        Some(RelativeTime::read(text)?.at(now, zone)?.to_rfc3339())
    }

    #[test]
    fn days_begin_in_the_zone_and_the_rest_is_counted_from_now() {
        let seoul = Tz::Asia__Seoul;
        for (text, time) in [
            ("today", "2025-12-06T15:00:00+00:00"),
            ("yesterday", "2025-12-05T15:00:00+00:00"),
            ("0s", "2025-12-06T18:30:00+00:00"),
            ("90s", "2025-12-06T18:28:30+00:00"),
            ("30m", "2025-12-06T18:00:00+00:00"),
            ("1h", "2025-12-06T17:30:00+00:00"),
            ("7d", "2025-11-29T18:30:00+00:00"),
            ("2w", "2025-11-22T18:30:00+00:00"),
        ] {
            assert_eq!(at(text, seoul).as_deref(), Some(time), "{text}");
        }
        assert_eq!(at("today", Tz::UTC).as_deref(), Some("2025-12-06T00:00:00+00:00"));
    }

    #[test]
    fn other_words_are_none_and_times_before_the_log_are_refused() {
        for text in
            ["", "h", "1", "1x", "-1h", "1 h", "1.5h", "tomorrow", "Today", "1시", "99999999999999999999h"]
        {
            assert_eq!(RelativeTime::read(text), None, "{text}");
        }
        assert_eq!(at("9999w", Tz::UTC), None);
        assert_eq!(at("9000000000000000h", Tz::UTC), None);
    }
}
