//! One domain's consumer: collects deliveries into batches, of which one is written at a time.

mod prefetch;
mod subscription;

use std::future::ready;

use audit_store::EnsuredPartitions;
use futures::{
    FutureExt,
    future::{BoxFuture, Fuse, FusedFuture},
};
use lapin::message::Delivery;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use self::subscription::Subscription;
use crate::{
    Settings,
    batch::{AwaitingPartition, Batch},
    consume_error::{AckError, ConsumeError},
    health::{ConsumerInFlight, NOT_CONSUMED},
    message::{MessageReader, ReceivedAt, SourceMessage, SpringBatch, UnpackedBytes, UnpackedMessages},
    pipeline::{Pipeline, Processed},
};

/// Consumes one domain's queue.
///
/// While one batch is written, the next one collects; there is no timer. A single event is written at once, and under
/// load, batches grow up to their limit. Back-pressure comes from the prefetch and, for large messages, from the byte
/// budget. Events whose partition does not exist yet wait outside of the batches.
pub(crate) struct DomainConsumer<'a> {
    pipeline: &'a Pipeline,
    settings: &'a Settings,
    reader: MessageReader<'a>,
    subscription: Subscription<'a>,
    /// The rest of a delivery with several events. They go into batches as these have room.
    unpacked: Option<UnpackedMessages>,
    unpacked_bytes: UnpackedBytes,
    collecting: Batch,
    writing: Writing<'a>,
    awaiting_partition: AwaitingPartition,
    ensuring_partitions: Fuse<BoxFuture<'a, EnsuredPartitions>>,
    in_flight: ConsumerInFlight<'a>,
}

/// The batch that is being written, if there is one.
struct Writing<'a> {
    outcome: Fuse<BoxFuture<'a, Result<Processed, AckError>>>,
    messages: u64,
    oldest: Option<ReceivedAt>,
}

impl<'a> DomainConsumer<'a> {
    /// Starts consuming.
    pub(crate) async fn start(pipeline: &'a Pipeline) -> Result<Self, ConsumeError> {
        let settings = pipeline.settings();
        let queue = settings.topology.queue(pipeline.domain());
        Ok(Self {
            pipeline,
            settings,
            reader: pipeline.reader(),
            subscription: Subscription::start(queue, settings).await?,
            unpacked: None,
            unpacked_bytes: UnpackedBytes::default(),
            collecting: Batch::default(),
            writing: Writing { outcome: Fuse::terminated(), messages: 0, oldest: None },
            awaiting_partition: AwaitingPartition::default(),
            ensuring_partitions: Fuse::terminated(),
            in_flight: pipeline.state().in_flight.of_consumer(),
        })
    }

    /// Consumes until `stop`. Then writes and acknowledges everything that has arrived, and closes the connection.
    pub(crate) async fn run(mut self, stop: &CancellationToken) -> Result<(), ConsumeError> {
        let _consuming = self.pipeline.state().consuming.while_alive(NOT_CONSUMED);
        loop {
            let is_writing = self.is_writing();
            let is_delivery_wanted = self.has_room() && !self.is_batch_full();
            tokio::select! {
                processed = &mut self.writing.outcome, if is_writing => self.processed(processed?),
                made = &mut self.ensuring_partitions, if !self.ensuring_partitions.is_terminated() => {
                    self.awaiting_partition.attempted(made, self.pipeline.state());
                }
                () = ready(()), if self.unpacked.is_some() && !self.is_batch_full() => {}
                delivery = self.subscription.next(is_delivery_wanted, is_writing) => {
                    match delivery? {
                        Some(delivery) => self.take(delivery),
                        None => self.subscription.consumer_ended().await?,
                    }
                }
                () = stop.cancelled(), if self.subscription.is_active() => self.subscription.stop(),
            }
            self.retry_awaiting_partition();
            self.collect_arrived()?;
            if let Some(prefetch) = self.subscription.adjust_prefetch() {
                debug!(domain = %self.pipeline.domain(), prefetch, "another prefetch fits");
            }
            if !self.is_writing() {
                if !self.collecting.is_empty() {
                    self.write();
                } else if self.is_finished() {
                    break;
                }
            }
            self.update_in_flight();
        }
        self.subscription.close().await;
        Ok(())
    }

    /// A batch was written and acknowledged.
    fn processed(&mut self, processed: Processed) {
        let Processed { awaiting_partition, deliveries, .. } = processed;
        self.in_flight.acknowledged();
        self.subscription.acknowledged(deliveries);
        self.awaiting_partition.add(awaiting_partition, self.writing.oldest, self.pipeline.state());
        (self.writing.messages, self.writing.oldest) = (0, None);
    }

    /// Adds a delivery's event to the batch. If the delivery has several, they are added next.
    fn take(&mut self, delivery: Delivery) {
        match SpringBatch::of(&delivery.data, &delivery.properties, self.settings) {
            Ok(None) => self.collect(SourceMessage::from_delivery(delivery)),
            Ok(Some(batch)) => {
                self.unpacked = Some(UnpackedMessages::new(delivery, batch, &self.unpacked_bytes));
            }
            Err(malformed) => self.collecting.reject(SourceMessage::from_delivery(delivery), malformed),
        }
    }

    fn collect(&mut self, message: SourceMessage) {
        self.collecting.add(message, &self.reader, self.pipeline.publishers());
    }

    /// Collects the events that have arrived already, without waiting for more.
    fn collect_arrived(&mut self) -> Result<(), ConsumeError> {
        while !self.is_batch_full() {
            if let Some(unpacked) = &mut self.unpacked {
                match unpacked.next() {
                    Some(message) => self.collect(message),
                    None => self.unpacked = None,
                }
            } else if self.has_room()
                && let Some(delivery) = self.subscription.next_now()?
            {
                self.take(delivery);
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Puts events back into the batch whose partition exists by now, and requests the other partitions.
    fn retry_awaiting_partition(&mut self) {
        if self.awaiting_partition.is_empty() {
            return;
        }
        self.collecting.take_back(&mut self.awaiting_partition, self.settings.max_batch);
        if self.ensuring_partitions.is_terminated()
            && let Some(wanted) = self.awaiting_partition.wanted(self.settings.max_pause)
        {
            self.ensuring_partitions = self.pipeline.ensure_partitions(wanted).boxed().fuse();
        }
    }

    fn write(&mut self) {
        let batch = std::mem::take(&mut self.collecting);
        self.writing = Writing {
            messages: batch.len(),
            oldest: batch.oldest,
            outcome: self.pipeline.process(batch).boxed().fuse(),
        };
    }

    fn update_in_flight(&self) {
        self.in_flight.set(
            self.writing.messages + self.collecting.len() + self.awaiting_partition.len(),
            self.awaiting_partition.oldest().or(self.writing.oldest).or(self.collecting.oldest),
        );
    }

    fn is_writing(&self) -> bool {
        !self.writing.outcome.is_terminated()
    }

    fn is_batch_full(&self) -> bool {
        self.collecting.is_full(self.settings.max_batch)
    }

    /// Whether there is room for another delivery: all events of the last one are in batches, and few enough bytes are unpacked.
    fn has_room(&self) -> bool {
        self.unpacked.is_none() && self.unpacked_bytes.now() < self.settings.max_unacknowledged_bytes
    }

    /// Whether all work is done after `stop`. Deliveries that are still waiting, for room or for a partition, will be
    /// redelivered.
    fn is_finished(&self) -> bool {
        self.subscription.has_ended() || (!self.subscription.is_active() && !self.has_room())
    }
}
