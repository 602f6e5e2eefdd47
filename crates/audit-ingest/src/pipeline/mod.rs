//! Processes a batch: stores its rows, dead-letters what can't be stored, and acknowledges its deliveries.

mod row_writer;
mod settlement;
mod span;

use std::{sync::Arc, time::Instant};

use audit_core::{
    Domain,
    store::{DomainLog, Row},
};
use audit_store::{EnsuredPartitions, Store};
use opentelemetry::global::BoxedTracer;

use self::{row_writer::RowWriter, settlement::Settlement, span::BatchSpan};
use crate::{
    DomainState, OutcomeCounters, OutcomeCounts, Settings,
    batch::{Batch, WantedMonths},
    consume_error::AckError,
    dead_letter::DeadLetterPublisher,
    message::{MessageReader, SourceMessage},
    metrics::DomainMetrics,
    publishers::{FutureEventWarnings, PublisherNames},
};

/// One domain's way from queue to table. It lives as long as the service; consumers come and go.
#[derive(Debug)]
pub(crate) struct Pipeline {
    log: DomainLog,
    settings: Arc<Settings>,
    writer: RowWriter,
    dead_letters: DeadLetterPublisher,
    state: Arc<DomainState>,
    counters: Arc<OutcomeCounters>,
    metrics: DomainMetrics,
    publishers: Arc<PublisherNames>,
    future_event_warnings: FutureEventWarnings,
    tracer: BoxedTracer,
}

/// A batch that was acknowledged.
#[derive(Debug)]
pub(crate) struct Processed {
    /// The events whose partition does not exist yet. They are not acknowledged.
    pub(crate) awaiting_partition: Vec<(Row, SourceMessage)>,
    /// How many deliveries were acknowledged.
    pub(crate) deliveries: usize,
    counts: OutcomeCounts,
}

impl Pipeline {
    pub(crate) fn new(
        log: DomainLog,
        store: Store,
        settings: Arc<Settings>,
        publishers: Arc<PublisherNames>,
    ) -> Self {
        let domain = log.domain();
        let metrics = DomainMetrics::new(domain);
        let state = Arc::new(DomainState::new(domain, &metrics));
        Self {
            writer: RowWriter::new(store, log.table().clone(), Arc::clone(&state), settings.max_pause),
            dead_letters: DeadLetterPublisher::new(domain, Arc::clone(&settings)),
            log,
            settings,
            state,
            counters: Arc::default(),
            metrics,
            publishers,
            future_event_warnings: FutureEventWarnings::default(),
            tracer: span::tracer(),
        }
    }

    pub(crate) fn domain(&self) -> Domain {
        self.log.domain()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn state(&self) -> &Arc<DomainState> {
        &self.state
    }

    pub(crate) fn counters(&self) -> &Arc<OutcomeCounters> {
        &self.counters
    }

    pub(crate) fn metrics(&self) -> &DomainMetrics {
        &self.metrics
    }

    pub(crate) fn publishers(&self) -> &PublisherNames {
        &self.publishers
    }

    pub(crate) fn reader(&self) -> MessageReader<'_> {
        MessageReader::new(&self.log, &self.settings)
    }

    /// Stores a batch, dead-letters what can't be stored, and acknowledges both: only after every row is committed and
    /// every dead letter is confirmed.
    pub(crate) async fn process(&self, batch: Batch) -> Result<Processed, AckError> {
        self.metrics.received.increment(batch.len() - batch.retried);
        let span = BatchSpan::start(&self.tracer, self.domain(), &batch);
        let outcome = self.store_and_settle(batch).await;
        span.end(outcome.as_ref().map(|processed| processed.counts));
        outcome
    }

    async fn store_and_settle(&self, mut batch: Batch) -> Result<Processed, AckError> {
        let began = Instant::now();
        let written = self.writer.write(&batch.rows).await;
        if written.stored > 0 {
            self.metrics.committed(&batch.rows, written.stored, began.elapsed());
        }
        let mut counts = OutcomeCounts {
            stored: written.stored,
            duplicates: written.duplicates,
            dropped_reads: batch.dropped_reads.len() as u64,
            dead_letters: 0,
        };
        let Settlement { awaiting_partition, dead_letters, acks, deliveries } =
            Settlement::new(&mut batch, written);
        counts.dead_letters = dead_letters.len() as u64;
        let reasons: Vec<_> = dead_letters.iter().map(|(_, rejection)| rejection.reason()).collect();
        if !dead_letters.is_empty() {
            self.dead_letters.publish(dead_letters, &self.state.writing).await;
        }
        acks.send(&self.settings.broker).await?;
        self.counters.add(counts);
        self.metrics.settled(counts, &reasons);
        self.metrics.noticed(&batch.unknown, &batch.future);
        self.future_event_warnings.warn(self.domain(), &batch.future, &self.settings.zones);
        Ok(Processed { awaiting_partition, deliveries, counts })
    }

    pub(crate) async fn ensure_partitions(&self, wanted: WantedMonths) -> EnsuredPartitions {
        self.writer.ensure_partitions(wanted).await
    }
}
