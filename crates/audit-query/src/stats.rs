use std::collections::{BTreeMap, BTreeSet};

use audit_core::store::OwnKind;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use sea_orm::{DbBackend, DbErr, QueryResult};

use crate::{
    AccessAction, Bucket, Details, Dimension, Filter, LogReader, LogTable, QueryError, ResolvedRange,
    Unrecorded, Value,
    clocks::Clocks,
    entry::value_at,
    limits::YEARS,
    sql::{Sql, null},
    time_slice::TimeSlice,
};

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
    /// When the minute, hour, day or month begins.
    pub bucket: Option<DateTime<Tz>>,
    /// The value of each dimension that was asked for, by its name.
    pub group: Details,
    /// How many.
    pub count: u64,
}

impl Count {
    fn new(request: &StatsRequest, ((bucket, values), count): Part) -> Self {
        let bucket = bucket.map(|start| start.with_timezone(&request.zone));
        let names = request.by.iter().map(|dimension| dimension.name());
        Self { bucket, group: names.zip(values).collect(), count }
    }
}

/// The most counts of an answer.
const MAX_COUNTS: usize = 10_000;

/// Part of a count, as a row of the database has it.
type Part = (Key, u64);
/// When the bucket begins, and the values of the dimensions.
type Key = (Option<DateTime<Utc>>, Vec<Option<Value>>);

impl LogReader {
    /// Counts events.
    pub async fn stats(&self, request: &StatsRequest) -> Result<Unrecorded<Stats>, QueryError> {
        let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
        let add = |(key, count)| {
            *counts.entry(key).or_default() += count;
            if counts.len() > MAX_COUNTS { Err(QueryError::TooMany { limit: MAX_COUNTS }) } else { Ok(()) }
        };
        let range = self.for_each_part(request, add).await?;
        let counts: Vec<_> = counts.into_iter().map(|part| Count::new(request, part)).collect();
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
            add(&mut sum, Count::new(request, part));
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
                let clocks = clocks(request.zone, range, slice);
                let mut sql = Sql::default();
                for (at, (number, table)) in tables.iter().enumerate() {
                    sql.push(if at == 0 { "SELECT * FROM (" } else { " UNION ALL SELECT * FROM (" });
                    sql.push(&self.columns(request, *number, table));
                    sql.push(" FROM ").push(table.table.name).push(" WHERE ");
                    request.filter.write(range, &mut sql);
                    sql.in_slice(slice).push(&self.group_by(request, &clocks));
                    sql.push(") AS ").push(table.table.name);
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

    /// `SELECT` and its columns: the table's number, the first time, the number of events, and a value for each dimension.
    fn columns(&self, request: &StatsRequest, number: usize, table: &LogTable) -> String {
        let first = if request.bucket.is_some() { "min(occurred_at)" } else { "CAST(NULL AS timestamptz)" };
        let mut sql = format!("SELECT {number} AS number, {first} AS first_at, count(*) AS events");
        let own = self.own_columns();
        for dimension in &request.by {
            let name = dimension.name();
            let lacking = own.iter().find(|column| column.name == name && table.own(name).is_none());
            let value = match (dimension, lacking) {
                // The number says it.
                (Dimension::Domain, _) => "0",
                (_, Some(column)) => null(column.kind),
                (_, None) => name,
            };
            sql = sql + ", " + value + " AS " + name;
        }
        sql
    }

    /// ` GROUP BY` the values, and stretches of time no longer than a bucket: what bucket they are part of is decided by
    /// [`Bucket::start`], for both databases.
    fn group_by(&self, request: &StatsRequest, clocks: &Clocks) -> String {
        // The columns by their places, with the first one, so that there is always something.
        let columns = request.by.iter().enumerate().map(|(at, _)| format!(", {}", FIRST_VALUE + at + 1));
        let stretch = match (request.bucket, self.db.get_database_backend()) {
            (None, _) => String::new(),
            (Some(bucket), DbBackend::Postgres) => {
                let (unit, ahead) = (bucket.name(), clocks.interval());
                format!(", {ahead}, date_trunc('{unit}', (occurred_at AT TIME ZONE 'UTC') + {ahead})")
            }
            // SQLite knows no zones. The text of a time up to its minutes, or up to its seconds.
            (Some(_), _) if clocks.have_whole_minutes() => ", substr(occurred_at, 1, 16)".to_owned(),
            (Some(_), _) => ", substr(occurred_at, 1, 19)".to_owned(),
        };
        format!(" GROUP BY 1{}{stretch}", columns.collect::<String>())
    }

    fn read(&self, request: &StatsRequest, row: &QueryResult) -> Result<Part, DbErr> {
        let number: i32 = row.try_get_by_index(0)?;
        let table = usize::try_from(number).ok().and_then(|number| self.tables.get(number));
        let table = table.ok_or_else(|| DbErr::Type(format!("a row of table {number}")))?;
        let first: Option<DateTime<Utc>> = row.try_get_by_index(1)?;
        let start = request.bucket.zip(first).map(|(bucket, first)| bucket.start(first, request.zone));
        let count: i64 = row.try_get_by_index(2)?;
        let value = |(at, dimension): (usize, &Dimension)| {
            let at = FIRST_VALUE + at;
            match dimension {
                Dimension::Domain => Ok(Some(Value::Text(table.domain.name().to_owned()))),
                Dimension::ActorId => Ok(row.try_get_by_index::<Option<_>>(at)?.map(Value::Uuid)),
                Dimension::ActionType | Dimension::ActorType => value_at(row, at, OwnKind::Text),
                Dimension::Own(name) => match table.own(name) {
                    Some(column) => value_at(row, at, column.kind),
                    None => Ok(None),
                },
            }
        };
        let values = request.by.iter().enumerate().map(value).collect::<Result<_, DbErr>>()?;
        Ok(((start, values), u64::try_from(count).unwrap_or_default()))
    }
}

/// How many columns a row has before the values of the dimensions.
const FIRST_VALUE: usize = 3;

/// The clocks of a zone in the time of a slice. The log has no events far in the future.
fn clocks(zone: Tz, range: ResolvedRange, slice: TimeSlice) -> Clocks {
    let first =
        NaiveDate::from_ymd_opt(YEARS.start, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
    let from = range.from.max(slice.from).unwrap_or(first).max(first);
    let last = Utc::now() + TimeDelta::days(3 * 366);
    let to = range.to.into_iter().chain(slice.to).min().unwrap_or(last).min(last);
    Clocks::of(zone, from, to)
}
