use audit_core::store::{MonthsAhead, Row};
use chrono_tz::Tz;

use crate::{
    ImportError, SourceTable,
    digest::Digest,
    event,
    group::{Group, Grouping},
    report::Difference,
    snapshot::Snapshot,
};

/// How many rows are in memory at a time, or fewer if they are large.
const BATCH_ROWS: usize = 1000;
/// When their texts exceed this, no more are fetched.
const BATCH_BYTES: usize = 8 << 20;
/// How many are fetched at once: their size is known only then.
const FETCH_ROWS: usize = 100;

/// Reads all rows of a table, from its beginning.
pub(crate) struct SourceReader<'w> {
    table: &'w SourceTable<'w>,
    zone: Tz,
    months_ahead: MonthsAhead,
    snapshot: &'w mut Snapshot,
    grouping: Grouping,
}

/// Some rows of the original.
#[derive(Debug, Default)]
pub(crate) struct SourceBatch {
    pub(crate) rows: u64,
    /// Those that can be read. A group that may go on is left for the next batch.
    pub(crate) groups: Vec<Group>,
    /// The others.
    pub(crate) unreadable: Vec<Difference>,
}

impl<'w> SourceReader<'w> {
    pub(crate) async fn begin(
        table: &'w SourceTable<'w>,
        zone: Tz,
        months_ahead: MonthsAhead,
        snapshot: &'w mut Snapshot,
    ) -> Result<Self, ImportError> {
        snapshot.open_cursor().await.map_err(|source| table.unreadable(source))?;
        Ok(Self { table, zone, months_ahead, snapshot, grouping: Grouping::default() })
    }

    /// The next rows; `None` when all were given.
    pub(crate) async fn next(&mut self) -> Result<Option<SourceBatch>, ImportError> {
        let texts = self.fetch().await?;
        let mut batch = SourceBatch { rows: texts.len() as u64, ..SourceBatch::default() };
        let (log, columns) = (&self.table.log, &self.table.columns);
        for text in &texts {
            match event::read(text, log, columns, self.zone, self.months_ahead) {
                Ok(row) => {
                    let digest = self.digest(&row);
                    batch.groups.extend(self.grouping.add(row, digest));
                }
                Err(unreadable) => batch.unreadable.push(unreadable),
            }
        }
        if texts.is_empty() {
            let Some(last) = self.grouping.end() else {
                let closed = self.snapshot.close_cursor().await;
                return closed.map(|()| None).map_err(|source| self.table.unreadable(source));
            };
            batch.groups.push(last);
        }
        Ok(Some(batch))
    }

    async fn fetch(&mut self) -> Result<Vec<String>, ImportError> {
        let (mut texts, mut bytes) = (Vec::new(), 0);
        while texts.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let fetched =
                self.snapshot.fetch(FETCH_ROWS).await.map_err(|source| self.table.unreadable(source))?;
            if fetched.is_empty() {
                break;
            }
            bytes += fetched.iter().map(String::len).sum::<usize>();
            texts.extend(fetched);
        }
        Ok(texts)
    }

    fn digest(&self, row: &Row) -> Digest {
        let columns = &self.table.columns;
        let values = columns.shared().iter().filter_map(|(at, _)| row.values.get(*at));
        Digest::of(row.id, row.occurred_at, values, columns)
    }
}
