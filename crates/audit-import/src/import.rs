use std::{slice, time::Duration};

use audit_core::store::{MonthsAhead, Row, Table};
use audit_store::{Store, StoreError};
use chrono_tz::Tz;
use sea_orm::DatabaseConnection;

use crate::{
    Difference, DifferenceKind, ImportError, Report, SourceTable,
    digest::Digest,
    group::Group,
    snapshot::Snapshot,
    source_reader::{SourceBatch, SourceReader},
    target::TargetTable,
};

/// Copies tables of the original into ours, and compares both.
#[derive(Debug)]
pub struct Import {
    db: DatabaseConnection,
    store: Store,
    timeout: Duration,
    months_ahead: MonthsAhead,
}

/// What an import does with a table, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Reads every row, and stores what our table does not have.
    Copying,
    /// Reads every row again, and compares it with our table.
    Comparing,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is being done.
    pub pass: Pass,
    /// The rows that are done.
    pub rows: u64,
    /// All rows of the table.
    pub total: u64,
}

impl Import {
    /// Into a database that has the tables. No single step there may take longer than `timeout`. Rows of later months
    /// than those can't be read.
    #[must_use]
    pub fn new(db: DatabaseConnection, timeout: Duration, months_ahead: MonthsAhead) -> Self {
        Self { store: Store::new(db.clone(), timeout), db, timeout, months_ahead }
    }

    /// Copies a table, and then compares it. Both see the original as it was at one moment.
    ///
    /// Times without a zone are read in `zone`. `on_progress` is called after each batch.
    pub async fn copy(
        &self,
        table: &SourceTable<'_>,
        zone: Tz,
        on_progress: impl FnMut(Progress),
    ) -> Result<Report, ImportError> {
        let mut run = self.run(table, zone, on_progress).await?;
        run.store_new().await?;
        run.compare_all().await?;
        Ok(run.report)
    }

    /// Compares a table, and stores nothing.
    pub async fn compare(
        &self,
        table: &SourceTable<'_>,
        zone: Tz,
        on_progress: impl FnMut(Progress),
    ) -> Result<Report, ImportError> {
        let mut run = self.run(table, zone, on_progress).await?;
        run.compare_all().await?;
        Ok(run.report)
    }

    async fn run<'r, W>(
        &'r self,
        table: &'r SourceTable<'r>,
        zone: Tz,
        on_progress: W,
    ) -> Result<Run<'r, W>, ImportError> {
        let snapshot = table.snapshot().await?;
        let target = TargetTable {
            db: &self.db,
            table: table.log.table(),
            columns: &table.columns,
            timeout: self.timeout,
        };
        Ok(Run { import: self, table, target, zone, snapshot, report: Report::default(), on_progress })
    }
}

/// The import of one table.
struct Run<'r, W> {
    import: &'r Import,
    table: &'r SourceTable<'r>,
    target: TargetTable<'r>,
    zone: Tz,
    snapshot: Snapshot,
    report: Report,
    on_progress: W,
}

impl<W: FnMut(Progress)> Run<'_, W> {
    async fn store_new(&mut self) -> Result<(), ImportError> {
        let total = self.snapshot.rows();
        let mut rows = 0;
        let months_ahead = self.import.months_ahead;
        let mut reader = SourceReader::begin(self.table, self.zone, months_ahead, &mut self.snapshot).await?;
        while let Some(batch) = reader.next().await? {
            let stored = self.target.stored(&batch.groups).await?;
            let new = batch.groups.into_iter().zip(stored).filter(|(_, stored)| stored.is_empty());
            let new: Vec<Row> = new.map(|(group, _)| group.row).collect();
            insert(&self.import.store, self.target.table, &new, &mut self.report).await?;
            rows += batch.rows;
            (self.on_progress)(Progress { pass: Pass::Copying, rows, total });
        }
        Ok(())
    }

    async fn compare_all(&mut self) -> Result<(), ImportError> {
        let total = self.snapshot.rows();
        let months_ahead = self.import.months_ahead;
        let mut reader = SourceReader::begin(self.table, self.zone, months_ahead, &mut self.snapshot).await?;
        while let Some(SourceBatch { rows, groups, unreadable }) = reader.next().await? {
            let stored = self.target.stored(&groups).await?;
            self.report.read += rows;
            self.report.unreadable += unreadable.len() as u64;
            for difference in unreadable {
                self.report.add(difference);
            }
            for (group, stored) in groups.iter().zip(stored) {
                self.report.compare(group, &stored);
            }
            (self.on_progress)(Progress { pass: Pass::Comparing, rows: self.report.read, total });
        }
        Ok(())
    }
}

/// Stores rows, all at once. If the content of some is refused, one after the other, to find out which.
async fn insert(store: &Store, table: &Table, rows: &[Row], report: &mut Report) -> Result<(), ImportError> {
    let failed = |source| ImportError::Write { table: table.name, source };
    match store.insert(table, rows).await {
        Ok(inserted) => report.new += inserted.stored,
        Err(StoreError::Refused(_)) => {
            for row in rows {
                match store.insert(table, slice::from_ref(row)).await {
                    Ok(inserted) => report.new += inserted.stored,
                    Err(StoreError::Refused(why)) => {
                        report.add(difference(row, DifferenceKind::Refused(why.to_string())));
                    }
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        Err(error) => return Err(failed(error)),
    }
    Ok(())
}

impl Report {
    /// Counts the rows of one id and time, and adds their content to the checksums. `stored` is the content in our table.
    fn compare(&mut self, group: &Group, stored: &[Digest]) {
        let versions = group.contents().count() as u64;
        let agreed = group.contents().find(|content| stored.contains(content));
        self.duplicates += group.duplicates;
        self.source_checksum += agreed.unwrap_or(group.content);
        if let Some(ours) = agreed.or(stored.first().copied()) {
            self.target_checksum += ours;
        }
        match (agreed, stored) {
            (Some(_), _) => {
                self.same += 1;
                self.conflicts += versions - 1;
            }
            (None, []) => {
                self.missing += 1;
                self.conflicts += versions - 1;
            }
            (None, _) => self.conflicts += versions,
        }
        if stored.is_empty() {
            self.add(difference(&group.row, DifferenceKind::Missing));
        } else if agreed.is_none() || versions > 1 {
            self.add(difference(&group.row, DifferenceKind::Conflict));
        }
    }
}

fn difference(row: &Row, kind: DifferenceKind) -> Difference {
    Difference { id: row.id.to_string(), occurred_at: row.occurred_at.to_rfc3339(), kind }
}

#[cfg(test)]
mod tests {
    use audit_core::Text;
    use chrono::DateTime;
    use proptest::prelude::*;
    use sea_orm::Value;
    use uuid::Uuid;

    use super::*;
    use crate::{columns::Columns, group::Grouping};

    fn digest(content: i32) -> Digest {
        let table = audit_core::store::Table { name: "p_payment_log", columns: vec![], own: vec![] };
        let columns = Columns::new(&table, vec![]);
        Digest::of(Uuid::nil(), DateTime::UNIX_EPOCH, [Value::from(content)].iter(), &columns)
    }

    fn row(id: u128) -> Row {
        Row {
            id: Uuid::from_u128(id),
            occurred_at: DateTime::UNIX_EPOCH,
            names_zone: false,
            action_type: Text::constant("CONFIRM"),
            values: Vec::new(),
            unknown_fields: 0,
            respelled_fields: Vec::new(),
            extra_size: audit_core::store::ExtraSize::default(),
        }
    }

    proptest! {
        /// Rows of few ids and few contents, and few contents that are stored.
        #[test]
        fn every_row_is_counted_once(
            mut rows in prop::collection::vec((0u128..4, 0i32..3), 0..20),
            stored in prop::collection::vec(prop::collection::vec(0i32..3, 0..2), 4),
        ) {
            rows.sort_by_key(|(id, _)| *id);
            let mut grouping = Grouping::default();
            let mut groups: Vec<_> =
                rows.iter().filter_map(|(id, content)| grouping.add(row(*id), digest(*content))).collect();
            groups.extend(grouping.end());
            let mut report = Report { read: rows.len() as u64, ..Report::default() };
            let mut all_there = true;
            for group in &groups {
                let id = usize::try_from(group.row.id.as_u128()).unwrap_or(0);
                let stored: Vec<_> = stored[id].iter().copied().map(digest).collect();
                all_there &= group.contents().all(|content| stored.contains(&content));
                report.compare(group, &stored);
            }
            let Report { read, same, duplicates, conflicts, missing, .. } = report;
            prop_assert_eq!(read, same + duplicates + conflicts + missing);
            prop_assert_eq!(report.is_whole(), all_there);
        }
    }
}
