use chrono::{DateTime, Offset, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// How far the clocks of a zone are ahead of UTC during some time.
///
/// The database is told this rather than the zone's name: its own list may lack a zone, or know an older law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clocks {
    /// In seconds, before the first change.
    first: i32,
    /// The changes, and the seconds from then on.
    changes: Vec<(DateTime<Utc>, i32)>,
}

impl Clocks {
    /// The clocks between two instants.
    pub(crate) fn of(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let mut clocks = Self { first: seconds_ahead(zone, from), changes: Vec::new() };
        let mut at = from;
        while at < to {
            let next = at + TimeDelta::days(1);
            if let Some(change) = change(zone, at, next) {
                clocks.changes.push((change, seconds_ahead(zone, change)));
            }
            at = next;
        }
        clocks
    }

    /// PostgreSQL's expression for how far they are ahead when a row's event happened.
    pub(crate) fn interval(&self) -> String {
        let interval = |seconds: i32| format!("interval '{seconds} seconds'");
        let first = interval(self.first);
        if self.changes.is_empty() {
            return first;
        }
        // The newest first: most rows are new.
        let cases = self.changes.iter().rev().map(|(at, seconds)| {
            let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!(" WHEN occurred_at >= '{at}' THEN {}", interval(*seconds))
        });
        format!("CASE{} ELSE {first} END", cases.collect::<String>())
    }

    /// Whether minutes begin when those of UTC do. Until 1972, not everywhere.
    pub(crate) fn have_whole_minutes(&self) -> bool {
        let is_whole = |(at, seconds): &(DateTime<Utc>, i32)| at.timestamp() % 60 == 0 && seconds % 60 == 0;
        self.first % 60 == 0 && self.changes.iter().all(is_whole)
    }
}

/// The instant after `from`, `to` at the latest, at which the clocks of a zone were changed. They are at most once.
pub(crate) fn change(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let before = seconds_ahead(zone, from);
    if seconds_ahead(zone, to) == before {
        return None;
    }
    let (mut unchanged, mut changed) = (from.timestamp(), to.timestamp());
    while changed - unchanged > 1 {
        let middle = unchanged.midpoint(changed);
        if seconds_ahead(zone, DateTime::from_timestamp(middle, 0)?) == before {
            unchanged = middle;
        } else {
            changed = middle;
        }
    }
    DateTime::from_timestamp(changed, 0)
}

fn seconds_ahead(zone: Tz, at: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(zone: Tz, from: &str, to: &str) -> Clocks {
        Clocks::of(zone, from.parse().unwrap(), to.parse().unwrap())
    }

    #[test]
    fn half_an_hour_of_summer_time_is_two_changes_a_year() {
        let year = clocks(Tz::Australia__Lord_Howe, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let change = |at: &str, seconds| (at.parse().unwrap(), seconds);
        let changes = vec![change("2025-04-05T15:00:00Z", 37_800), change("2025-10-04T15:30:00Z", 39_600)];
        assert_eq!(year, Clocks { first: 39_600, changes });
        assert_eq!(
            year.interval(),
            "CASE WHEN occurred_at >= '2025-10-04T15:30:00Z' THEN interval '39600 seconds' \
             WHEN occurred_at >= '2025-04-05T15:00:00Z' THEN interval '37800 seconds' \
             ELSE interval '39600 seconds' END"
        );
    }

    #[test]
    fn a_zone_without_summer_time_has_one_interval() {
        let clocks = clocks(Tz::Asia__Kathmandu, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
        assert_eq!(clocks.interval(), "interval '20700 seconds'");
        assert!(clocks.have_whole_minutes());
    }

    #[test]
    fn clocks_of_long_ago_had_odd_seconds() {
        assert!(
            !clocks(Tz::Africa__Monrovia, "1960-01-01T00:00:00Z", "1960-02-01T00:00:00Z")
                .have_whole_minutes()
        );
    }
}
