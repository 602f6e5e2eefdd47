use std::{ops::Range, sync::Arc, time::Instant};

use audit_core::{
    publish::{ConnectError, Pauses},
    store::{DomainLog, Row},
};
use lapin::{message::Delivery, options::BasicAckOptions};
use opentelemetry::global::BoxedTracer;
use tracing::{info, warn};

use crate::{
    Counted, Counts, DomainState, Settings, Store, StoreError,
    batch::Batch,
    dead_letter::{DeadLetters, Rejection},
    metrics::DomainMetrics,
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

/// What became of the rows of a batch.
#[derive(Debug, Default)]
struct Outcome {
    stored: u64,
    duplicates: u64,
    /// The rows that can't be stored, by their place in the batch.
    rejected: Vec<(usize, Rejection)>,
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
    pub(crate) async fn write(&self, batch: Batch) -> Result<(), AckError> {
        self.metrics.received.increment(batch.len());
        let span = BatchSpan::start(&self.tracer, self.log.domain(), &batch);
        let outcome = self.store_and_acknowledge(batch).await;
        span.end(&outcome);
        outcome.map(drop)
    }

    async fn store_and_acknowledge(&self, batch: Batch) -> Result<Counted, AckError> {
        let Batch { rows, originals, malformed, reads, unknown, last, .. } = batch;
        let began = Instant::now();
        let Outcome { stored, duplicates, rejected } = self.store(&rows).await;
        if stored > 0 {
            self.metrics.wrote(&rows, began.elapsed());
        }
        let malformed = malformed.into_iter().map(|(original, why)| (original, Rejection::from(why)));
        let dead: Vec<_> = malformed.chain(pair(originals, rejected)).collect();
        let reasons: Vec<_> = dead.iter().map(|(_, why)| why.reason()).collect();
        if !dead.is_empty() {
            self.dead_letters.bury(dead, &self.state.writing).await;
        }
        if let Some(last) = last {
            let up_to_here = BasicAckOptions { multiple: true };
            // `false`: the channel is gone, and the acknowledgement went nowhere.
            let acked = self.settings.broker.in_time(last.ack(up_to_here)).await;
            if !acked.map_err(AckError::Failed)? {
                return Err(AckError::ChannelGone);
            }
        }
        let counted = Counted { stored, duplicates, reads, dead_letters: reasons.len() as u64 };
        self.counts.add(counted);
        self.metrics.count(counted, &reasons, &unknown);
        Ok(counted)
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
            match self.store.insert(self.log.table(), rows).await {
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

/// The deliveries of the rejected rows.
fn pair(
    originals: Vec<Delivery>,
    rejected: Vec<(usize, Rejection)>,
) -> impl Iterator<Item = (Delivery, Rejection)> {
    let mut originals: Vec<_> = originals.into_iter().map(Some).collect();
    rejected.into_iter().filter_map(move |(at, why)| Some((originals.get_mut(at)?.take()?, why)))
}
