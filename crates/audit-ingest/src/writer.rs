use std::{
    collections::BTreeSet,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use audit_core::{
    publish::{ConnectError, Pauses},
    store::{DomainLog, Row},
};
use chrono::NaiveDate;
use futures::future::try_join_all;
use lapin::{Acker, options::BasicAckOptions};
use opentelemetry::global::BoxedTracer;
use tracing::{info, warn};

use crate::{
    Counted, Counts, DomainState, Settings, Store, StoreError,
    ahead::AheadWarnings,
    batch::Batch,
    dead_letter::{DeadLetters, Rejection},
    metrics::DomainMetrics,
    original::Original,
    store::MadeMonths,
    trace::{self, BatchSpan},
    trouble::not_stored,
    unknown::Publishers,
};

/// Brings batches of one domain to their end: rows stored, dead letters buried, deliveries acknowledged.
#[derive(Debug)]
pub(crate) struct Writer {
    log: DomainLog,
    store: Store,
    settings: Arc<Settings>,
    counts: Arc<Counts>,
    metrics: DomainMetrics,
    state: Arc<DomainState>,
    publishers: Arc<Publishers>,
    ahead_warnings: AheadWarnings,
    tracer: BoxedTracer,
    dead_letters: DeadLetters,
}

/// The channel was gone when a batch was to be acknowledged: its messages will come again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AckError {
    #[error("the channel ended before a batch was acknowledged")]
    ChannelGone,
    #[error("a batch can't be acknowledged: {0}")]
    Failed(#[source] ConnectError),
}

/// What is left of a batch that was written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The events that have no partition yet.
    pub(crate) waiting: Vec<(Row, Original)>,
    /// How many deliveries need nothing more.
    pub(crate) deliveries: usize,
}

/// What became of the rows of a batch.
#[derive(Debug, Default)]
struct Outcome {
    stored: u64,
    duplicates: u64,
    /// The rows that can't be stored, by their place in the batch.
    rejected: Vec<(usize, Rejection)>,
    /// Those that have no partition yet.
    waiting: Vec<usize>,
}

impl Writer {
    pub(crate) fn new(
        log: DomainLog,
        store: Store,
        settings: Arc<Settings>,
        publishers: Arc<Publishers>,
    ) -> Self {
        let domain = log.domain();
        let metrics = DomainMetrics::new(domain);
        let state = Arc::new(DomainState::new(domain, &metrics));
        let dead_letters = DeadLetters::new(domain, Arc::clone(&settings));
        Self {
            log,
            store,
            settings,
            counts: Arc::default(),
            metrics,
            state,
            publishers,
            ahead_warnings: AheadWarnings::default(),
            tracer: trace::tracer(),
            dead_letters,
        }
    }

    pub(crate) fn log(&self) -> &DomainLog {
        &self.log
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }

    pub(crate) fn metrics(&self) -> &DomainMetrics {
        &self.metrics
    }

    pub(crate) fn state(&self) -> &Arc<DomainState> {
        &self.state
    }

    pub(crate) fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Stores a batch and acknowledges it: only after every row is committed, and every dead letter is
    /// confirmed.
    pub(crate) async fn write(&self, batch: Batch) -> Result<Written, AckError> {
        self.metrics.received.increment(batch.len() - batch.again);
        let span = BatchSpan::start(&self.tracer, self.log.domain(), &batch);
        let mut written = Written::default();
        let outcome = self.store_and_acknowledge(batch, &mut written).await;
        span.end(&outcome);
        outcome.map(|_| written)
    }

    async fn store_and_acknowledge(&self, batch: Batch, written: &mut Written) -> Result<Counted, AckError> {
        let Batch { rows, originals, malformed, reads, unknown, ahead, last, one_by_one, .. } = batch;
        let began = Instant::now();
        let Outcome { stored, duplicates, rejected, waiting: places } = self.store(&rows).await;
        if stored > 0 {
            self.metrics.wrote(&rows, began.elapsed());
        }
        let mut events: Vec<_> = rows.into_iter().zip(originals).map(Some).collect();
        written.waiting.extend(places.into_iter().filter_map(|at| events.get_mut(at)?.take()));
        let of_rows = events.iter().flatten().map(|(_, original)| original);
        let others = malformed.iter().map(|(original, _)| original).chain(&reads);
        let settled: Vec<_> = of_rows.chain(others).filter(|original| original.settle()).collect();
        written.deliveries = settled.len();
        let multiple = !one_by_one && written.waiting.is_empty();
        let acks: Vec<Acker> = if multiple {
            last.into_iter().collect()
        } else {
            // To acknowledge up to the last would take those along that wait.
            settled.into_iter().map(|original| original.acker().clone()).collect()
        };
        let malformed = malformed.into_iter().map(|(original, why)| (original, Rejection::from(why)));
        let dead: Vec<_> = malformed.chain(pair(events, rejected)).collect();
        let reasons: Vec<_> = dead.iter().map(|(_, why)| why.reason()).collect();
        if !dead.is_empty() {
            self.dead_letters.bury(dead, &self.state.writing).await;
        }
        let acking = try_join_all(acks.iter().map(|delivery| delivery.ack(BasicAckOptions { multiple })));
        // `false`: the channel is gone, and the acknowledgement went nowhere.
        let acked = self.settings.broker.in_time(acking).await;
        if acked.map_err(AckError::Failed)?.contains(&false) {
            return Err(AckError::ChannelGone);
        }
        let reads = reads.len() as u64;
        let counted = Counted { stored, duplicates, reads, dead_letters: reasons.len() as u64 };
        self.counts.add(counted);
        self.metrics.count(counted, &reasons, &unknown, &ahead);
        self.ahead_warnings.tell(self.log.domain(), &ahead, &self.settings.zones);
        Ok(counted)
    }

    /// Makes the partitions of some months, after a pause.
    pub(crate) async fn make_months(&self, (months, pause): (BTreeSet<NaiveDate>, Duration)) -> MadeMonths {
        tokio::time::sleep(pause).await;
        self.store.make_months(self.log.table(), &months).await
    }

    /// Stores rows, one transaction for all. If the content of some is refused, halves are tried, and halves
    /// of halves, until those rows stand alone.
    async fn store(&self, rows: &[Row]) -> Outcome {
        let mut outcome = Outcome::default();
        let all = 0..rows.len();
        let mut open: Vec<Range<usize>> = Vec::from([all]);
        while let Some(range) = open.pop() {
            match self.insert(&rows[range.clone()]).await {
                Ok(inserted) => {
                    outcome.stored += inserted.stored;
                    outcome.duplicates += inserted.duplicates;
                    let waiting = inserted.without_partition.into_iter().map(|at| range.start + at);
                    outcome.waiting.extend(waiting);
                    let conflicts = inserted.conflicts.into_iter().map(|at| range.start + at);
                    outcome.rejected.extend(
                        conflicts.filter_map(|at| {
                            rows.get(at).map(|row| (at, Rejection::Conflict { id: row.id }))
                        }),
                    );
                }
                Err(source) if range.len() == 1 => {
                    let id = rows[range.start].id;
                    outcome.rejected.push((range.start, Rejection::Refused { id, source }));
                }
                Err(_) => {
                    let middle = range.start + range.len() / 2;
                    // The first half is on top: of two events with one id, the one that came first stays.
                    open.extend([middle..range.end, range.start..middle]);
                }
            }
        }
        outcome
    }

    /// Inserts rows. It waits for as long as the database is away; its only error is that the rows are
    /// refused.
    async fn insert(&self, rows: &[Row]) -> Result<crate::Inserted, StoreError> {
        let domain = self.log.domain();
        let mut pauses = Pauses::up_to(self.settings.max_pause);
        let mut waiting = self.state.writing.waiting();
        loop {
            match self.store.insert_where_possible(self.log.table(), rows).await {
                Err(error) if error.is_unavailable() => {
                    if waiting.goes_on(not_stored(&error)) {
                        warn!(%domain, rows = rows.len(), %error, "the database is away: holding a batch until it is back");
                    }
                    tokio::time::sleep(pauses.next()).await;
                }
                outcome => {
                    if waiting.has_begun() {
                        info!(%domain, "the database is back");
                    }
                    return outcome;
                }
            }
        }
    }
}

/// The messages of the rejected rows.
fn pair(
    mut events: Vec<Option<(Row, Original)>>,
    rejected: Vec<(usize, Rejection)>,
) -> impl Iterator<Item = (Original, Rejection)> {
    rejected.into_iter().filter_map(move |(at, why)| {
        let (_, original) = events.get_mut(at)?.take()?;
        Some((original, why))
    })
}
