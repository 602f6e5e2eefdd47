use chrono::{DateTime, Datelike, Months, NaiveTime, Utc};

use super::{Malformed, Row};

/// How many months after the current one have partitions. The time of an event later than that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthsAhead(pub u32);

impl MonthsAhead {
    /// The end of the last of these months, in UTC.
    #[must_use]
    pub fn end(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let this_month = now.date_naive().with_day(1);
        let end =
            this_month.and_then(|month| month.checked_add_months(Months::new(self.0.saturating_add(1))));
        end.map_or(DateTime::<Utc>::MAX_UTC, |end| end.and_time(NaiveTime::MIN).and_utc())
    }

    /// Refuses a row of a later month.
    pub fn admit(self, row: Row) -> Result<Row, Malformed> {
        let now = Utc::now();
        // Events in the future are rare.
        if row.occurred_at <= now || row.occurred_at < self.end(now) {
            Ok(row)
        } else {
            Err(Malformed::TooFarAhead { months: self.0 })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_month_is_ahead_to_its_end() {
        let end = |months, now: &str| MonthsAhead(months).end(now.parse().unwrap()).to_rfc3339();
        assert_eq!(end(2, "2025-12-31T23:59:59Z"), "2026-03-01T00:00:00+00:00");
        assert_eq!(end(1, "2026-01-01T00:00:00Z"), "2026-03-01T00:00:00+00:00");
    }
}
