use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, Datelike, Months, NaiveTime, Utc};
use sea_orm::{DbBackend, DbErr, QueryResult};

use crate::{LogTable, Queries, QueryError, Range, sql::Sql};

/// One statement looks at about so many partitions. PostgreSQL locks each of them, and each of its indexes, and has one
/// table for the locks of all: whoever fills it makes the statements of everybody fail.
const MOST_PARTITIONS: usize = 27;

/// Partitions that were made since are few: they make a step a little larger, and are not passed over.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// A stretch of time that one statement is about.
///
/// Its ends stand in the statement's text. So they count whichever way the database makes its plan; of a plan for all
/// values of a parameter, every partition is a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) to: Option<DateTime<Utc>>,
}

/// The partitions that there are, as they were found some moments ago.
#[derive(Clone, Debug, Default)]
pub(crate) struct Partitions(Arc<Mutex<Option<Found>>>);

#[derive(Debug)]
struct Found {
    at: Instant,
    partitions: Arc<[Partition]>,
}

#[derive(Clone, Copy, Debug)]
struct Partition {
    /// Its table's place.
    table: usize,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

impl Partitions {
    fn known(&self) -> Option<Arc<[Partition]>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.as_ref().filter(|found| found.at.elapsed() < LOOK_AGAIN)?;
        Some(Arc::clone(&found.partitions))
    }

    fn set(&self, partitions: Arc<[Partition]>) {
        let found = Found { at: Instant::now(), partitions };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }
}

impl Queries {
    /// The time of a question about some tables, in steps, the newest first. Together they hold all of it.
    pub(crate) async fn steps(
        &self,
        tables: impl IntoIterator<Item = usize>,
        range: Range,
    ) -> Result<Vec<Step>, QueryError> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            return Ok(vec![Step { from: None, to: None }]);
        }
        let partitions = match self.partitions.known() {
            Some(known) => known,
            None => self.find_partitions().await?,
        };
        let tables: Vec<_> = tables.into_iter().collect();
        let concerned = |partition: &&Partition| {
            tables.contains(&partition.table)
                && range.from.zip(partition.to).is_none_or(|(from, end)| from < end)
                && range.to.zip(partition.from).is_none_or(|(to, begin)| begin < to)
        };
        let begins = partitions.iter().filter(concerned).filter_map(|partition| partition.from).collect();
        Ok(steps(range, begins))
    }

    async fn find_partitions(&self) -> Result<Arc<[Partition]>, QueryError> {
        let mut sql = Sql::default();
        for (number, LogTable { table, .. }) in self.tables.iter().enumerate() {
            sql.push(if number == 0 { "" } else { " UNION ALL " });
            sql.push(&format!(
                "SELECT {number}, nullif(lower(period), '-infinity'), nullif(upper(period), 'infinity') \
                 FROM log_partitions('{}')",
                table.name
            ));
        }
        let read = |row: &QueryResult| {
            let number: i32 = row.try_get_by_index(0)?;
            let table = usize::try_from(number).map_err(|error| DbErr::Type(error.to_string()))?;
            Ok(Partition { table, from: row.try_get_by_index(1)?, to: row.try_get_by_index(2)? })
        };
        let found = self.ask(sql).await?;
        let found: Result<Arc<[_]>, DbErr> = found.iter().map(read).collect();
        let found = found.map_err(QueryError::Unavailable)?;
        self.partitions.set(Arc::clone(&found));
        Ok(found)
    }
}

/// Cuts a time where partitions begin. The outer ends are those of months, so that few texts serve all questions.
fn steps(range: Range, mut begins: Vec<DateTime<Utc>>) -> Vec<Step> {
    begins.sort_unstable_by(|one, other| other.cmp(one));
    let month = |time: DateTime<Utc>, more| {
        let first = time.date_naive().with_day(1)?.checked_add_months(Months::new(more))?;
        Some(first.and_time(NaiveTime::MIN).and_utc())
    };
    let begin = range.from.and_then(|from| month(from, 0));
    let mut to = range.to.and_then(|to| month(to, 1));
    let mut steps = Vec::new();
    let cuts = begins.chunks_exact(MOST_PARTITIONS).filter_map(<[_]>::last).copied();
    for cut in cuts {
        let is_inside = to.is_none_or(|to| cut < to) && begin.is_none_or(|begin| begin < cut);
        if is_inside {
            steps.push(Step { from: Some(cut), to });
            to = Some(cut);
        }
    }
    steps.push(Step { from: begin, to });
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    /// Months of so many tables, from a first one on.
    fn months(tables: u32, first: &str, count: u32) -> Vec<DateTime<Utc>> {
        let month = |more| day(first).checked_add_months(Months::new(more)).unwrap();
        (0..count).flat_map(|more| (0..tables).map(move |_| month(more))).collect()
    }

    #[test]
    fn few_partitions_are_one_step() {
        let range = Range { from: Some(day("2025-09-17")), to: None, assumed: true };
        assert_eq!(
            steps(range, months(4, "2025-09-01", 6)),
            [Step { from: Some(day("2025-09-01")), to: None }]
        );
    }

    #[test]
    fn many_are_several_that_meet() {
        let range = Range { from: None, to: Some(day("2026-01-15")), assumed: false };
        let steps = steps(range, months(9, "2010-01-01", 193));
        assert_eq!(steps.first().map(|step| step.to), Some(Some(day("2026-02-01"))));
        assert_eq!(steps.last().map(|step| step.from), Some(None));
        for pair in steps.windows(2) {
            assert_eq!(pair[0].from, pair[1].to);
            assert!(pair[0].from < pair[0].to);
        }
        // Three months of nine tables each.
        assert_eq!(steps.len(), 193_usize.div_ceil(3));
    }
}
