use std::{slice, time::Duration};

use audit_core::store::{MonthsAhead, Row};
use audit_ingest::{Store, StoreError};
use chrono_tz::Tz;
use sea_orm::DatabaseConnection;

use crate::{
    ImportError, OriginalTable, Report, Trouble, What,
    digest::Digest,
    group::Group,
    ours::Ours,
    snapshot::Snapshot,
    walk::{Batch, Walk},
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
    /// Reads every row, and stores what ours has not.
    Copying,
    /// Reads every row again, and compares it with what ours has by now.
    Comparing,
}

/// How far it has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What it does.
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
    /// Times without a zone are read in `zone`. `watch` is told after each batch how far it has come.
    pub async fn copy(
        &self,
        table: &OriginalTable<'_>,
        zone: Tz,
        mut watch: impl FnMut(Progress),
    ) -> Result<Report, ImportError> {
        let mut snapshot = table.snapshot().await?;
        let mut report = Report::default();
        self.store_new(table, zone, &mut snapshot, &mut report, &mut watch).await?;
        self.compare_all(table, zone, &mut snapshot, &mut report, &mut watch).await?;
        Ok(report)
    }

    /// Compares a table, and stores nothing.
    pub async fn compare(
        &self,
        table: &OriginalTable<'_>,
        zone: Tz,
        mut watch: impl FnMut(Progress),
    ) -> Result<Report, ImportError> {
        let mut snapshot = table.snapshot().await?;
        let mut report = Report::default();
        self.compare_all(table, zone, &mut snapshot, &mut report, &mut watch).await?;
        Ok(report)
    }

    async fn store_new(
        &self,
        table: &OriginalTable<'_>,
        zone: Tz,
        snapshot: &mut Snapshot,
        report: &mut Report,
        watch: &mut impl FnMut(Progress),
    ) -> Result<(), ImportError> {
        let ours = self.ours(table);
        let total = snapshot.rows();
        let mut rows = 0;
        let mut walk = Walk::begin(table, zone, self.months_ahead, snapshot).await?;
        while let Some(batch) = walk.next().await? {
            let stored = ours.stored(&batch.groups).await?;
            let new = batch.groups.into_iter().zip(stored).filter(|(_, stored)| stored.is_empty());
            let new: Vec<Row> = new.map(|(group, _)| group.row).collect();
            self.insert(table, &new, report).await?;
            rows += batch.rows;
            watch(Progress { pass: Pass::Copying, rows, total });
        }
        Ok(())
    }

    /// Stores rows, all at once. If the content of some is refused, one after the other, so that it is known of which.
    async fn insert(
        &self,
        table: &OriginalTable<'_>,
        rows: &[Row],
        report: &mut Report,
    ) -> Result<(), ImportError> {
        let ours = table.log.table();
        let failed = |source| ImportError::Write { table: ours.name, source };
        match self.store.insert(ours, rows).await {
            Ok(inserted) => report.new += inserted.stored,
            Err(StoreError::Refused(_)) => {
                for row in rows {
                    match self.store.insert(ours, slice::from_ref(row)).await {
                        Ok(inserted) => report.new += inserted.stored,
                        Err(StoreError::Refused(why)) => {
                            report.tell(trouble(row, What::NotTaken(why.to_string())));
                        }
                        Err(error) => return Err(failed(error)),
                    }
                }
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(())
    }

    async fn compare_all(
        &self,
        table: &OriginalTable<'_>,
        zone: Tz,
        snapshot: &mut Snapshot,
        report: &mut Report,
        watch: &mut impl FnMut(Progress),
    ) -> Result<(), ImportError> {
        let ours = self.ours(table);
        let total = snapshot.rows();
        let mut walk = Walk::begin(table, zone, self.months_ahead, snapshot).await?;
        while let Some(Batch { rows, groups, unreadable }) = walk.next().await? {
            let stored = ours.stored(&groups).await?;
            report.read += rows;
            report.unreadable += unreadable.len() as u64;
            for trouble in unreadable {
                report.tell(trouble);
            }
            for (group, stored) in groups.iter().zip(stored) {
                report.compare(group, &stored);
            }
            watch(Progress { pass: Pass::Comparing, rows: report.read, total });
        }
        Ok(())
    }

    fn ours<'t>(&'t self, table: &'t OriginalTable<'_>) -> Ours<'t> {
        Ours { db: &self.db, table: table.log.table(), columns: &table.columns, timeout: self.timeout }
    }
}

impl Report {
    /// Counts the rows of one id and time, and adds what they say to the sums. `stored` is what ours says.
    fn compare(&mut self, group: &Group, stored: &[Digest]) {
        let versions = group.contents().count() as u64;
        let agreed = group.contents().find(|content| stored.contains(content));
        self.duplicates += group.duplicates;
        self.theirs += agreed.unwrap_or(group.content);
        if let Some(ours) = agreed.or(stored.first().copied()) {
            self.ours += ours;
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
            self.tell(trouble(&group.row, What::Missing));
        } else if agreed.is_none() || versions > 1 {
            self.tell(trouble(&group.row, What::Conflict));
        }
    }
}

fn trouble(row: &Row, what: What) -> Trouble {
    Trouble { id: row.id.to_string(), occurred_at: row.occurred_at.to_rfc3339(), what }
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
