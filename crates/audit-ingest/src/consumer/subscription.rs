use std::{sync::Arc, time::Duration};

use audit_core::publish::{Broker, MessageBudget};
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, Fuse, FusedFuture, pending},
    stream,
};
use lapin::{
    Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};

use super::prefetch::Prefetch;
use crate::{Settings, consume_error::ConsumeError};

/// While a batch is being written, deliveries are collected at this interval: waking up for each one costs more than
/// reading it.
const COLLECT_INTERVAL: Duration = Duration::from_millis(2);

/// The deliveries of one queue, on a connection of its own.
///
/// A new prefetch needs a new consumer on the same channel. Messages delivered to the old one can still be acknowledged.
pub(super) struct Subscription<'a> {
    queue: String,
    broker: &'a Broker,
    connection: Connection,
    channel: Channel,
    /// How many consumers the channel has had.
    consumers: u32,
    /// Fused: lapin reports the end of a consumer only once, perhaps while nobody waits for it.
    deliveries: stream::Fuse<Consumer>,
    /// Deliveries that are not acknowledged.
    budget: Arc<MessageBudget>,
    prefetch: Prefetch,
    phase: Phase,
    cancelling: Fuse<BoxFuture<'static, lapin::Result<()>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Consuming,
    /// The consumer was cancelled to change the prefetch. Messages that the broker has already sent still arrive.
    Pausing,
    /// The consumer was cancelled because the service is stopping.
    Stopping,
    /// Nothing more will arrive.
    Ended,
}

impl<'a> Subscription<'a> {
    pub(super) async fn start(queue: String, settings: &'a Settings) -> Result<Self, ConsumeError> {
        let broker = &settings.broker;
        let budget = Arc::new(MessageBudget::new(settings.max_unacknowledged_bytes));
        let connection = broker.connect_with_budget(&budget).await?;
        let channel = broker.with_timeout(connection.create_channel()).await?;
        let prefetch = Prefetch::new(settings.prefetch);
        let tag = consumer_tag(broker, 1);
        let deliveries = broker.with_timeout(consume(&channel, &queue, &tag, prefetch)).await?.fuse();
        Ok(Self {
            queue,
            broker,
            connection,
            channel,
            consumers: 1,
            deliveries,
            budget,
            prefetch,
            phase: Phase::Consuming,
            cancelling: Fuse::terminated(),
        })
    }

    /// Waits for the next delivery, at intervals while the writer is busy, and for the broker's replies. `None` means that the
    /// consumer has ended.
    pub(super) async fn next(&mut self, is_wanted: bool, is_busy: bool) -> lapin::Result<Option<Delivery>> {
        loop {
            let next = async {
                if is_busy {
                    tokio::time::sleep(COLLECT_INTERVAL).await;
                }
                self.deliveries.next().await
            };
            tokio::select! {
                delivery = next, if is_wanted && self.phase != Phase::Ended => return delivery.transpose(),
                cancelled = &mut self.cancelling, if !self.cancelling.is_terminated() => cancelled?,
                else => pending().await,
            }
        }
    }

    /// Returns a delivery that has already arrived.
    pub(super) fn next_now(&mut self) -> lapin::Result<Option<Delivery>> {
        self.deliveries.next().now_or_never().flatten().transpose()
    }

    /// Called when the consumer has ended. Starts the next one if only the prefetch was to change.
    pub(super) async fn consumer_ended(&mut self) -> Result<(), ConsumeError> {
        match self.phase {
            Phase::Consuming => return Err(ConsumeError::Cancelled),
            Phase::Pausing => {
                self.consumers += 1;
                let tag = consumer_tag(self.broker, self.consumers);
                let consuming = consume(&self.channel, &self.queue, &tag, self.prefetch);
                self.deliveries = self.broker.with_timeout(consuming).await?.fuse();
                self.phase = Phase::Consuming;
            }
            Phase::Stopping | Phase::Ended => self.phase = Phase::Ended,
        }
        Ok(())
    }

    /// Notes that deliveries were acknowledged.
    pub(super) fn acknowledged(&self, deliveries: usize) {
        self.budget.release(deliveries);
    }

    /// Changes the prefetch if the current one is far off. Returns the new one.
    pub(super) fn adjust_prefetch(&mut self) -> Option<u16> {
        if self.phase != Phase::Consuming {
            return None;
        }
        self.prefetch = self.prefetch.adjusted(self.budget.usage())?;
        self.phase = Phase::Pausing;
        self.cancel();
        Some(self.prefetch.now())
    }

    /// Cancels the consumer.
    pub(super) fn stop(&mut self) {
        if self.phase == Phase::Consuming {
            self.cancel();
        }
        self.phase = Phase::Stopping;
    }

    /// The broker answers after all deliveries that it has already sent, so this may take as long as storing them.
    fn cancel(&mut self) {
        let (channel, tag) = (self.channel.clone(), self.deliveries.get_ref().tag());
        let cancelling = async move { channel.basic_cancel(tag, BasicCancelOptions::default()).await };
        self.cancelling = cancelling.boxed().fuse();
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Consuming | Phase::Pausing)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    pub(super) async fn close(self) {
        // Everything is acknowledged: an error changes nothing any more.
        let _ = self.broker.with_timeout(self.connection.close(200, "stopping".into())).await;
    }
}

/// Each consumer of a channel has a tag of its own. If it reused the tag of an earlier one with unacknowledged messages,
/// a quorum queue of RabbitMQ 3.10 would take their numbers for lost ones, and the broker would end the connection.
fn consumer_tag(broker: &Broker, number: u32) -> String {
    format!("{}-{number}", broker.connection_name)
}

async fn consume(channel: &Channel, queue: &str, tag: &str, prefetch: Prefetch) -> lapin::Result<Consumer> {
    channel.basic_qos(prefetch.now(), BasicQosOptions::default()).await?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    channel.basic_consume(queue.into(), tag.into(), options, none).await
}
