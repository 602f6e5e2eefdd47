use audit_core::store::{MonthsAhead, Row};
use chrono_tz::Tz;

use crate::{
    ImportError, OriginalTable,
    digest::Digest,
    event,
    group::{Group, Grouping},
    report::Trouble,
    snapshot::Snapshot,
};

/// So many rows are in hand at a time, or fewer if they are large.
const BATCH: usize = 1000;
/// When their texts have so many bytes, no more are fetched.
const BATCH_BYTES: usize = 8 << 20;
/// So many are fetched at once: how large they are is known only then.
const FETCH: usize = 100;

/// A walk through all rows of a table, from its beginning.
pub(crate) struct Walk<'w> {
    table: &'w OriginalTable<'w>,
    zone: Tz,
    months_ahead: MonthsAhead,
    snapshot: &'w mut Snapshot,
    grouping: Grouping,
}

/// Some rows of the original.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: u64,
    /// Those that can be read. A group that may go on is left for the next batch.
    pub(crate) groups: Vec<Group>,
    /// The others.
    pub(crate) unreadable: Vec<Trouble>,
}

impl<'w> Walk<'w> {
    pub(crate) async fn begin(
        table: &'w OriginalTable<'w>,
        zone: Tz,
        months_ahead: MonthsAhead,
        snapshot: &'w mut Snapshot,
    ) -> Result<Self, ImportError> {
        snapshot.open_cursor().await.map_err(|source| table.unreadable(source))?;
        Ok(Self { table, zone, months_ahead, snapshot, grouping: Grouping::default() })
    }

    /// The next rows; `None` when all were given.
    pub(crate) async fn next(&mut self) -> Result<Option<Batch>, ImportError> {
        let texts = self.fetch().await?;
        let mut batch = Batch { rows: texts.len() as u64, ..Batch::default() };
        let (log, columns) = (&self.table.log, &self.table.columns);
        for text in &texts {
            match event::read(text, log, columns, self.zone, self.months_ahead) {
                Ok(row) => {
                    let digest = self.digest(&row);
                    batch.groups.extend(self.grouping.add(row, digest));
                }
                Err(trouble) => batch.unreadable.push(trouble),
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
        while texts.len() < BATCH && bytes < BATCH_BYTES {
            let fetched = self.snapshot.fetch(FETCH).await.map_err(|source| self.table.unreadable(source))?;
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
