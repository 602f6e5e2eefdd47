use std::sync::Arc;

use chrono::{DateTime, Datelike, Months, NaiveTime, Utc};
use sea_orm::{DbBackend, DbErr, QueryResult};

use crate::{
    LogReader, LogTable, QueryError, ResolvedRange, partitions::Partition, sql::Sql, time_slice::TimeSlice,
};

/// About how many partitions one statement reads. PostgreSQL locks each of them and each of its indexes, and has one
/// table for the locks of all sessions: whoever fills it makes everybody's statements fail.
const MAX_PARTITIONS: usize = 27;

impl LogReader {
    /// Cuts the time of a question about some tables into slices, the newest first.
    pub(crate) async fn time_slices(
        &self,
        tables: impl IntoIterator<Item = usize>,
        range: ResolvedRange,
    ) -> Result<Vec<TimeSlice>, QueryError> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            return Ok(vec![TimeSlice { from: None, to: None }]);
        }
        let partitions = match self.partitions.get() {
            Some(known) => known,
            None => self.find_partitions().await?,
        };
        let tables: Vec<_> = tables.into_iter().collect();
        let is_touched = |partition: &&Partition| {
            tables.contains(&partition.table)
                && range.from.zip(partition.to).is_none_or(|(from, end)| from < end)
                && range.to.zip(partition.from).is_none_or(|(to, begin)| begin < to)
        };
        let begins = partitions.iter().filter(is_touched).filter_map(|partition| partition.from).collect();
        Ok(cut(range, begins))
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
        let found = self.fetch_rows(sql).await?;
        let found: Result<Arc<[_]>, DbErr> = found.iter().map(read).collect();
        let found = found.map_err(QueryError::Unavailable)?;
        self.partitions.set(Arc::clone(&found));
        Ok(found)
    }
}

/// Cuts a range where partitions begin. The outer ends are those of months, so that few statement texts serve all
/// questions.
fn cut(range: ResolvedRange, mut begins: Vec<DateTime<Utc>>) -> Vec<TimeSlice> {
    begins.sort_unstable_by(|one, other| other.cmp(one));
    let month = |time: DateTime<Utc>, more| {
        let first = time.date_naive().with_day(1)?.checked_add_months(Months::new(more))?;
        Some(first.and_time(NaiveTime::MIN).and_utc())
    };
    let begin = range.from.and_then(|from| month(from, 0));
    let mut to = range.to.and_then(|to| month(to, 1));
    let mut slices = Vec::new();
    let cuts = begins.chunks_exact(MAX_PARTITIONS).filter_map(<[_]>::last).copied();
    for cut in cuts {
        let is_inside = to.is_none_or(|to| cut < to) && begin.is_none_or(|begin| begin < cut);
        if is_inside {
            slices.push(TimeSlice { from: Some(cut), to });
            to = Some(cut);
        }
    }
    slices.push(TimeSlice { from: begin, to });
    slices
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
        let range = ResolvedRange { from: Some(day("2025-09-17")), to: None, assumed: true };
        assert_eq!(
            cut(range, months(4, "2025-09-01", 6)),
            [TimeSlice { from: Some(day("2025-09-01")), to: None }]
        );
    }

    #[test]
    fn many_are_several_that_meet() {
        let range = ResolvedRange { from: None, to: Some(day("2026-01-15")), assumed: false };
        let slices = cut(range, months(9, "2010-01-01", 193));
        assert_eq!(slices.first().map(|slice| slice.to), Some(Some(day("2026-02-01"))));
        assert_eq!(slices.last().map(|slice| slice.from), Some(None));
        for pair in slices.windows(2) {
            assert_eq!(pair[0].from, pair[1].to);
            assert!(pair[0].from < pair[0].to);
        }
        // Three months of nine tables each.
        assert_eq!(slices.len(), 193_usize.div_ceil(3));
    }
}
