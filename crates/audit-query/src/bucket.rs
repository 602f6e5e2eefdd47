use chrono::{DateTime, Datelike, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::clocks;

/// A unit of time that events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// A minute of the clock.
    Minute,
    /// An hour of the clock.
    Hour,
    /// A day of the calendar.
    Day,
    /// A month of the calendar.
    Month,
}

impl Bucket {
    /// Each unit by its name.
    pub const NAMES: [(&'static str, Self); 4] =
        [("minute", Self::Minute), ("hour", Self::Hour), ("day", Self::Day), ("month", Self::Month)];

    /// As `date_trunc` names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// When the minute, hour, day or month begins that an instant is in, by the clocks of a zone.
    ///
    /// An hour that clocks go through twice is two hours. One in which they are changed is two as well, the second of which
    /// begins with the change.
    #[must_use]
    pub fn start(self, instant: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let local = instant.with_timezone(&zone);
        let day = match self {
            Self::Minute => return instant - since_minute(local),
            Self::Hour => {
                let start = instant - since_hour(local);
                return clocks::change(zone, start, instant).unwrap_or(start);
            }
            Self::Day => local.date_naive(),
            Self::Month => local.date_naive().with_day(1).unwrap_or(local.date_naive()),
        };
        beginning_of(day, zone).unwrap_or(instant)
    }

    /// When the next one begins.
    #[must_use]
    pub fn next(self, start: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        // Longer than one, and shorter than two of them, whatever clocks do.
        let beyond = match self {
            Self::Minute => return start + TimeDelta::minutes(1),
            Self::Hour => {
                let end = start + TimeDelta::hours(1) - since_hour(start.with_timezone(&zone));
                return clocks::change(zone, start, end).unwrap_or(end);
            }
            Self::Day => TimeDelta::hours(36),
            Self::Month => TimeDelta::days(45),
        };
        self.start(start + beyond, zone)
    }
}

fn since_minute(local: DateTime<Tz>) -> TimeDelta {
    TimeDelta::seconds(local.second().into()) + TimeDelta::nanoseconds(local.nanosecond().into())
}

fn since_hour(local: DateTime<Tz>) -> TimeDelta {
    TimeDelta::minutes(local.minute().into()) + since_minute(local)
}

/// The first instant of a day. Where clocks are put forward at midnight, the day begins with the change; where they are
/// put back to it, it begins with the first of the two midnights.
fn beginning_of(day: chrono::NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    let instant = |local| zone.from_local_datetime(&local).earliest().map(|instant| instant.to_utc());
    instant(midnight).or_else(|| {
        clocks::change(
            zone,
            instant(midnight - TimeDelta::hours(12))?,
            instant(midnight + TimeDelta::hours(12))?,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(bucket: Bucket, instant: &str, zone: Tz) -> String {
        bucket.start(instant.parse().unwrap(), zone).to_rfc3339()
    }

    /// The hours from an instant on, by the clocks of the zone.
    fn hours<const N: usize>(from: &str, zone: Tz) -> [String; N] {
        let mut hour = from.parse().unwrap();
        std::array::from_fn(|_| {
            assert_eq!(Bucket::Hour.start(hour, zone), hour);
            let shown = hour.with_timezone(&zone).format("%H:%M%:z").to_string();
            let next = Bucket::Hour.next(hour, zone);
            assert_eq!(Bucket::Hour.start(next - TimeDelta::microseconds(1), zone), hour);
            hour = next;
            shown
        })
    }

    #[test]
    fn a_day_begins_at_midnight_of_its_zone() {
        let instant = "2025-12-06T15:30:00Z";
        assert_eq!(start(Bucket::Day, instant, Tz::Asia__Seoul), "2025-12-06T15:00:00+00:00");
        assert_eq!(start(Bucket::Day, instant, Tz::UTC), "2025-12-06T00:00:00+00:00");
        assert_eq!(start(Bucket::Month, instant, Tz::Asia__Seoul), "2025-11-30T15:00:00+00:00");
    }

    #[test]
    fn an_hour_of_a_zone_with_half_an_hour_begins_at_half_past() {
        assert_eq!(
            start(Bucket::Hour, "2025-12-06T15:20:00Z", Tz::Asia__Kolkata),
            "2025-12-06T14:30:00+00:00"
        );
    }

    #[test]
    fn hours_follow_each_other_when_clocks_change_by_half_an_hour() {
        let zone = Tz::Australia__Lord_Howe;
        assert_eq!(
            hours("2025-04-05T13:00:00Z", zone),
            ["00:00+11:00", "01:00+11:00", "01:30+10:30", "02:00+10:30", "03:00+10:30"]
        );
        assert_eq!(
            hours("2025-10-04T13:30:00Z", zone),
            ["00:00+10:30", "01:00+10:30", "02:30+11:00", "03:00+11:00"]
        );
    }

    #[test]
    fn an_hour_that_clocks_go_through_twice_is_two() {
        assert_eq!(
            hours("2025-11-02T03:30:00Z", Tz::America__St_Johns),
            ["01:00-02:30", "01:00-03:30", "02:00-03:30"]
        );
    }

    #[test]
    fn a_minute_begins_with_its_second() {
        assert_eq!(
            start(Bucket::Minute, "2025-12-06T15:20:59.999999Z", Tz::Asia__Kathmandu),
            "2025-12-06T15:20:00+00:00"
        );
    }

    #[test]
    fn a_day_without_a_midnight_begins_when_the_clocks_go_on() {
        // Clocks in Beirut went from 0:00 to 1:00, those in Kathmandu from 0:00 to 0:15.
        assert_eq!(start(Bucket::Day, "2022-03-27T10:00:00Z", Tz::Asia__Beirut), "2022-03-26T22:00:00+00:00");
        assert_eq!(
            start(Bucket::Day, "1986-01-01T10:00:00Z", Tz::Asia__Kathmandu),
            "1985-12-31T18:30:00+00:00"
        );
    }

    #[test]
    fn a_day_with_two_midnights_begins_with_the_first() {
        // Clocks in Havana went from 1:00 back to 0:00.
        assert_eq!(
            start(Bucket::Day, "2025-11-02T20:00:00Z", Tz::America__Havana),
            "2025-11-02T04:00:00+00:00"
        );
    }

    #[test]
    fn the_next_bucket_follows_at_once() {
        let day = "2025-03-30T00:00:00+01:00".parse::<DateTime<Utc>>().unwrap();
        let next = Bucket::Day.next(day, Tz::Europe__Berlin);
        assert_eq!(next - day, TimeDelta::hours(23), "clocks are put forward on that day");
        let month = Bucket::Month.start("2025-01-31T12:00:00Z".parse().unwrap(), Tz::UTC);
        assert_eq!(Bucket::Month.next(month, Tz::UTC).to_rfc3339(), "2025-02-01T00:00:00+00:00");
    }
}
