use std::{ops::Range, sync::Arc, time::Duration};

use audit_core::{
    publish::Backoff,
    store::{Row, Table},
};
use audit_store::{EnsuredPartitions, Inserted, Store, StoreError};
use tracing::{info, warn};

use crate::{DomainState, batch::WantedMonths, dead_letter::Rejection, health::not_stored};

/// Writes the rows of one domain, and waits for the database as long as necessary.
#[derive(Debug)]
pub(super) struct RowWriter {
    store: Store,
    table: Table,
    state: Arc<DomainState>,
    max_pause: Duration,
}

/// The outcome for the rows of a batch.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) stored: u64,
    pub(super) duplicates: u64,
    /// The rows that can't be stored, by their index in the batch.
    pub(super) rejected: Vec<(usize, Rejection)>,
    /// The rows that have no partition yet, by their index.
    pub(super) without_partition: Vec<usize>,
}

impl RowWriter {
    pub(super) fn new(store: Store, table: Table, state: Arc<DomainState>, max_pause: Duration) -> Self {
        Self { store, table, state, max_pause }
    }

    /// Stores rows. If the database refuses the content of some, the batch is halved again and again until the refused
    /// rows are alone.
    pub(super) async fn write(&self, rows: &[Row]) -> Written {
        let mut written = Written::default();
        let all = 0..rows.len();
        let mut open: Vec<Range<usize>> = Vec::from([all]);
        while let Some(range) = open.pop() {
            match self.insert(&rows[range.clone()]).await {
                Ok(inserted) => written.add(inserted, range.start, rows),
                Err(source) if range.len() == 1 => {
                    let id = rows[range.start].id;
                    written.rejected.push((range.start, Rejection::RefusedByDatabase { id, source }));
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    // The first half is on top: of two events with one id, the earlier one is stored.
                    open.extend([middle..range.end, range.start..middle]);
                }
            }
        }
        written
    }

    /// Inserts rows, and retries for as long as the database is away. Its only error is that the rows are refused.
    async fn insert(&self, rows: &[Row]) -> Result<Inserted, StoreError> {
        let domain = self.state.domain;
        let mut backoff = Backoff::up_to(self.max_pause);
        let mut retrying = self.state.writing.retrying();
        loop {
            match self.store.insert_into_existing_partitions(&self.table, rows).await {
                Err(error) if error.is_unavailable() => {
                    if retrying.failed(not_stored(&error)) {
                        warn!(%domain, rows = rows.len(), %error, "the database is away: holding a batch until it is back");
                    }
                    tokio::time::sleep(backoff.next_delay()).await;
                }
                outcome => {
                    if retrying.has_failed() {
                        info!(%domain, "the database is back");
                    }
                    return outcome;
                }
            }
        }
    }

    /// Creates the partitions of some months, after a pause.
    pub(super) async fn ensure_partitions(
        &self,
        WantedMonths { months, pause }: WantedMonths,
    ) -> EnsuredPartitions {
        tokio::time::sleep(pause).await;
        self.store.ensure_partitions(&self.table, &months).await
    }
}

impl Written {
    /// Adds the outcome for the rows that begin at the index `start`.
    fn add(&mut self, inserted: Inserted, start: usize, rows: &[Row]) {
        let Inserted { stored, duplicates, conflicts, without_partition } = inserted;
        self.stored += stored;
        self.duplicates += duplicates;
        self.without_partition.extend(without_partition.into_iter().map(|at| start + at));
        let conflict = |at: usize| Some((at, Rejection::Conflict { id: rows.get(at)?.id }));
        self.rejected.extend(conflicts.into_iter().filter_map(|at| conflict(start + at)));
    }
}
