use std::collections::{BTreeMap, BTreeSet};

use audit_core::Domain;
use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use sea_orm::{DbBackend, DbErr, QueryResult};
use serde::{Deserialize, Serialize};

use crate::{AccessAction, Filter, LogReader, QueryError, ResolvedRange, Unrecorded, sql::Sql};

/// Which numbers are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct StatsRequest {
    /// Which events are counted.
    pub filter: Filter,
    /// What they are grouped by.
    pub by: BTreeSet<Dimension>,
    /// The unit of time that they are grouped by, if any.
    pub bucket: Option<Bucket>,
    /// In which zone a day begins.
    pub zone: Tz,
}

/// What events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The domain.
    Domain,
    /// What was done.
    ActionType,
    /// What kind of actor did it.
    ActorType,
}

/// A unit of time that events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// An hour of the clock.
    Hour,
    /// A day of the calendar.
    Day,
    /// A month of the calendar.
    Month,
}

/// Numbers of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    /// One line for each combination that there is, in order.
    pub counts: Vec<Count>,
    /// The time that was looked at.
    pub range: ResolvedRange,
}

/// How many events have these in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// When the hour, day or month begins.
    pub bucket: Option<DateTime<Tz>>,
    /// The domain.
    pub domain: Option<Domain>,
    /// What was done.
    pub action_type: Option<String>,
    /// What kind of actor did it.
    pub actor_type: Option<String>,
    /// How many.
    pub count: u64,
}

impl Count {
    fn new(((bucket, domain, action_type, actor_type), count): Part, zone: Tz) -> Self {
        let bucket = bucket.map(|start| start.with_timezone(&zone));
        Self { bucket, domain, action_type, actor_type, count }
    }
}

/// The most counts of an answer.
const MAX_COUNTS: usize = 10_000;

/// Part of a count, as a row of the database has it.
type Part = (Key, u64);
type Key = (Option<DateTime<Utc>>, Option<Domain>, Option<String>, Option<String>);

impl LogReader {
    /// Counts events.
    pub async fn stats(&self, request: &StatsRequest) -> Result<Unrecorded<Stats>, QueryError> {
        let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
        let add = |(key, count)| {
            *counts.entry(key).or_default() += count;
            if counts.len() > MAX_COUNTS { Err(QueryError::TooMany { limit: MAX_COUNTS }) } else { Ok(()) }
        };
        let range = self.for_each_part(request, add).await?;
        let counts: Vec<_> = counts.into_iter().map(|part| Count::new(part, request.zone)).collect();
        Ok(Unrecorded::new(AccessAction::Stats, counts.len(), Stats { counts, range }))
    }

    /// Counts events into a sum of the caller's, however many counts there are. Gives the sum, and the time covered.
    ///
    /// A count may come in several parts. Within each slice of time that one statement covers, large parts come first.
    pub async fn fold_stats<S: Send>(
        &self,
        request: &StatsRequest,
        mut sum: S,
        mut add: impl FnMut(&mut S, Count) + Send,
    ) -> Result<Unrecorded<(S, ResolvedRange)>, QueryError> {
        let mut parts = 0;
        let add = |part| {
            parts += 1;
            add(&mut sum, Count::new(part, request.zone));
            Ok(())
        };
        let range = self.for_each_part(request, add).await?;
        Ok(Unrecorded::new(AccessAction::Stats, parts, (sum, range)))
    }

    async fn for_each_part(
        &self,
        request: &StatsRequest,
        mut add: impl FnMut(Part) -> Result<(), QueryError> + Send,
    ) -> Result<ResolvedRange, QueryError> {
        let range = self.range(&request.filter);
        let tables: Vec<_> = self.selected_tables(&request.filter).collect();
        if tables.is_empty() {
            return Ok(range);
        }
        self.with_timeout(async {
            for slice in self.time_slices(tables.iter().map(|(number, _)| *number), range).await? {
                let mut sql = Sql::default();
                for (at, (number, table)) in tables.iter().enumerate() {
                    sql.push(if at == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                    self.count(request, *number, &mut sql);
                    sql.push(" FROM ").push(table.table.name).push(" WHERE ");
                    request.filter.write(range, &mut sql);
                    sql.in_slice(slice).push(" GROUP BY 1, 2, 3, 4) AS ").push(table.table.name);
                }
                sql.push(" ORDER BY events DESC");
                self.for_each_row(sql, |row| {
                    let part = self.read(request, row).map_err(QueryError::Unavailable)?;
                    add(part)
                })
                .await?;
            }
            Ok(range)
        })
        .await
    }

    /// `SELECT` and its columns; those that are not asked for are NULL in every row.
    fn count(&self, request: &StatsRequest, number: usize, sql: &mut Sql) {
        let column = |dimension, name: &'static str| {
            if request.by.contains(&dimension) { name } else { "CAST(NULL AS varchar)" }
        };
        sql.push(&format!(
            "SELECT {number} AS number, {} AS action_type, {} AS actor_type, ",
            column(Dimension::ActionType, "action_type"),
            column(Dimension::ActorType, "actor_type"),
        ));
        match (request.bucket, self.db.get_database_backend()) {
            (None, _) => sql.push("CAST(NULL AS varchar)"),
            (Some(bucket), DbBackend::Postgres) => {
                let unit = bucket.name();
                sql.push(&format!("date_trunc('{unit}', occurred_at, ")).bind(request.zone.name()).push(")")
            }
            (Some(_), _) => sql.push("substr(occurred_at, 1, 16)"),
        };
        sql.push(" AS bucket, count(*) AS events");
    }

    /// SQLite knows no zones: it counts minutes, which are then put together.
    fn read(&self, request: &StatsRequest, row: &QueryResult) -> Result<Part, DbErr> {
        let start = match (request.bucket, self.db.get_database_backend()) {
            (None, _) => None,
            (Some(_), DbBackend::Postgres) => Some(row.try_get_by_index::<DateTime<Utc>>(3)?),
            (Some(bucket), _) => {
                let minute: String = row.try_get_by_index(3)?;
                let minute = NaiveDateTime::parse_from_str(&minute, "%Y-%m-%dT%H:%M")
                    .map_err(|error| DbErr::Type(format!("a time in the log table: {error}")))?;
                Some(bucket.start(minute.and_utc(), request.zone))
            }
        };
        let number: i32 = row.try_get_by_index(0)?;
        let table = usize::try_from(number).ok().and_then(|number| self.tables.get(number));
        let domain = table.map(|table| table.domain).filter(|_| request.by.contains(&Dimension::Domain));
        let number: i64 = row.try_get_by_index(4)?;
        let key = (start, domain, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok((key, u64::try_from(number).unwrap_or_default()))
    }
}

impl Dimension {
    /// Each dimension by its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("domain", Self::Domain), ("action_type", Self::ActionType), ("actor_type", Self::ActorType)];
}

impl Bucket {
    /// Each unit by its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("hour", Self::Hour), ("day", Self::Day), ("month", Self::Month)];

    /// As `date_trunc` names it.
    fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// When the hour, day or month begins that an instant is in, by the clocks of a zone.
    #[must_use]
    pub fn start(self, instant: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let local = instant.with_timezone(&zone);
        let since_hour = chrono::Duration::minutes(local.minute().into())
            + chrono::Duration::seconds(local.second().into())
            + chrono::Duration::nanoseconds(local.nanosecond().into());
        let day = match self {
            // Not by the hour's number: one that clocks go through twice is two hours.
            Self::Hour => return instant - since_hour,
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
            Self::Hour => return start + chrono::Duration::hours(1),
            Self::Day => chrono::Duration::hours(36),
            Self::Month => chrono::Duration::days(45),
        };
        self.start(start + beyond, zone)
    }
}

/// The first instant of a day. Where clocks are put forward at midnight, the day begins later.
fn beginning_of(day: chrono::NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=3).find_map(|hour| {
        let local = midnight + chrono::Duration::hours(hour);
        Some(zone.from_local_datetime(&local).earliest()?.to_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(bucket: Bucket, instant: &str, zone: Tz) -> String {
        bucket.start(instant.parse().unwrap(), zone).to_rfc3339()
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
    fn a_day_without_a_midnight_begins_when_the_clocks_go_on() {
        // Clocks in Beirut went from 0:00 to 1:00.
        assert_eq!(start(Bucket::Day, "2022-03-27T10:00:00Z", Tz::Asia__Beirut), "2022-03-26T22:00:00+00:00");
    }

    #[test]
    fn the_next_bucket_follows_at_once() {
        let day = "2025-03-30T00:00:00+01:00".parse::<DateTime<Utc>>().unwrap();
        let next = Bucket::Day.next(day, Tz::Europe__Berlin);
        assert_eq!(next - day, chrono::Duration::hours(23), "clocks are put forward on that day");
        let month = Bucket::Month.start("2025-01-31T12:00:00Z".parse().unwrap(), Tz::UTC);
        assert_eq!(Bucket::Month.next(month, Tz::UTC).to_rfc3339(), "2025-02-01T00:00:00+00:00");
    }
}
