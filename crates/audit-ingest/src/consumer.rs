use std::{pin::pin, sync::Arc, time::Duration};

use audit_core::{
    publish::{ConnectError, MessageBudget},
    store::DomainLog,
};
use futures::{
    FutureExt, StreamExt,
    future::{self, FusedFuture},
    stream::Fuse,
};
use lapin::{
    Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{
    Settings,
    batch::{Batch, RoutingKeys},
    original::{Original, Originals, UnpackedBytes},
    prefetch::Prefetch,
    spring_batch::SpringBatch,
    trouble::NOT_CONSUMED,
    unknown::Publishers,
    unpartitioned::Unpartitioned,
    writer::{AckError, Writer, Written},
};

/// While a batch is being written, the next one is in no hurry: it takes what has arrived only so often. To be woken
/// for each delivery costs more than to read it.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Why a consumer ended by itself. Channel and consumer are made anew, and the connection if it is lost.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the connection or channel ended: {0}")]
    Broker(#[from] lapin::Error),
    #[error("the broker ended the consumer: its queue may have been deleted")]
    Cancelled,
    #[error(
        "there is no queue {queue}, and the virtual host `{vhost}` makes streams of new queues, which can't hold \
         events: name another in rabbitmq.vhost (`rabbitmqctl add_vhost NAME --default-queue-type classic`), or set \
         rabbitmq.queue_type = \"quorum\""
    )]
    WouldBeStream { queue: String, vhost: String },
    #[error(transparent)]
    Ack(#[from] AckError),
    #[error(
        "its queue `{0}` is a stream, of which a consumer is not given what waits: delete it, and it is made anew as a queue"
    )]
    Stream(String),
}

/// One domain's consumer: a connection of its own, and the deliveries of the domain's queue.
pub(crate) struct DomainConsumer<'a> {
    log: &'a DomainLog,
    keys: RoutingKeys,
    settings: &'a Settings,
    connection: Connection,
    /// Of what was delivered and is not acknowledged.
    budget: Arc<MessageBudget>,
    prefetch: Prefetch,
    /// Of a delivery with several events, those that were not taken into a batch yet.
    originals: Option<Originals>,
    unpacked: UnpackedBytes,
    channel: Channel,
    /// How many consumers the channel has had.
    consumers: u32,
    /// Fused: lapin tells the end of a consumer once, and whoever sees it may be looking for something else.
    deliveries: Fuse<Consumer>,
}

impl<'a> DomainConsumer<'a> {
    /// Starts consuming.
    pub(crate) async fn start(log: &'a DomainLog, settings: &'a Settings) -> Result<Self, Lost> {
        let budget = Arc::new(MessageBudget::new(settings.max_unacknowledged_bytes));
        let connection = settings.broker.connect_with_budget(&budget).await?;
        let channel = settings.broker.in_time(connection.create_channel()).await?;
        let prefetch = Prefetch::new(settings.prefetch);
        let deliveries = consume(&channel, 1, log, settings, prefetch).await?;
        let keys = RoutingKeys::of(log.domain(), &settings.topology);
        Ok(Self {
            log,
            keys,
            settings,
            connection,
            budget,
            prefetch,
            originals: None,
            unpacked: UnpackedBytes::default(),
            channel,
            consumers: 1,
            deliveries,
        })
    }

    /// Consumes until `stop`, then writes and acknowledges what has arrived, and closes the connection.
    ///
    /// One batch is being written while the next one collects: no timer decides when. An event that comes alone
    /// is written at once; under load, batches grow up to their limit. Back-pressure is the prefetch, and for large
    /// messages the budget. Another prefetch needs a new consumer, on the same channel: what the old one was sent stays.
    /// Events that have no partition yet wait beside the batches.
    pub(crate) async fn run(mut self, writer: &Writer, stop: &CancellationToken) -> Result<(), Lost> {
        let _consuming = writer.state().consuming.while_alive(NOT_CONSUMED);
        let held = writer.state().held.by_consumer();
        let (mut in_writing, mut oldest) = (0, None);
        let mut collecting = Batch::default();
        let mut writing = pin!(future::Fuse::terminated());
        let mut unpartitioned = Unpartitioned::default();
        let mut making = pin!(future::Fuse::terminated());
        let channel = self.channel.clone();
        let mut cancelling = pin!(future::Fuse::terminated());
        let mut state = State::Consuming;
        loop {
            let busy = !writing.is_terminated();
            tokio::select! {
                written = &mut writing, if busy => {
                    let Written { waiting, deliveries } = written?;
                    held.some_are_settled();
                    self.budget.release(deliveries);
                    unpartitioned.add(waiting, oldest, writer.state());
                    (in_writing, oldest) = (0, None);
                }
                made = &mut making, if !making.is_terminated() => unpartitioned.tried(made, writer.state()),
                () = future::ready(()), if self.originals.is_some() && !collecting.is_full(self.settings) => {}
                delivery = self.next(busy),
                    if state != State::Ended && self.has_room() && !collecting.is_full(self.settings) =>
                {
                    match delivery {
                        Some(delivery) => self.take(delivery?, &mut collecting, writer.publishers()),
                        None => match state {
                            State::Consuming => return Err(Lost::Cancelled),
                            State::Pausing => {
                                self.consume_again().await?;
                                state = State::Consuming;
                            }
                            State::Stopping | State::Ended => state = State::Ended,
                        },
                    }
                }
                () = stop.cancelled(), if matches!(state, State::Consuming | State::Pausing) => {
                    if state == State::Consuming {
                        cancelling.set(cancel(&channel, &self.deliveries).fuse());
                    }
                    state = State::Stopping;
                }
                cancelled = &mut cancelling, if !cancelling.is_terminated() => cancelled?,
            }
            if !unpartitioned.is_empty() {
                collecting.take_back(&mut unpartitioned, self.settings);
                if making.is_terminated()
                    && let Some(wanted) = unpartitioned.wanted(self.settings.max_pause)
                {
                    making.set(writer.make_months(wanted).fuse());
                }
            }
            self.collect_what_is_here(&mut collecting, writer.publishers())?;
            if state == State::Consuming
                && let Some(prefetch) = self.prefetch.adjusted(self.budget.now())
            {
                debug!(domain = %self.log.domain(), prefetch = prefetch.now(), "another prefetch fits");
                self.prefetch = prefetch;
                cancelling.set(cancel(&channel, &self.deliveries).fuse());
                state = State::Pausing;
            }
            if writing.is_terminated() {
                if !collecting.is_empty() {
                    (in_writing, oldest) = (collecting.len(), collecting.first);
                    writing.set(writer.write(std::mem::take(&mut collecting)).fuse());
                } else if state == State::Ended || (state == State::Stopping && !self.has_room()) {
                    // Without room, what was delivered and not taken comes again, as does what waits for a partition.
                    break;
                }
            }
            held.are(
                in_writing + collecting.len() + unpartitioned.len(),
                unpartitioned.oldest().or(oldest).or(collecting.first),
            );
        }
        // Everything is acknowledged: an error now changes nothing.
        let _ = self.settings.broker.in_time(self.connection.close(200, "stopping".into())).await;
        Ok(())
    }

    async fn consume_again(&mut self) -> Result<(), Lost> {
        self.consumers += 1;
        let number = self.consumers;
        self.deliveries = consume(&self.channel, number, self.log, self.settings, self.prefetch).await?;
        Ok(())
    }

    /// Waits for a delivery or for the end of the consumer; without haste while the writer is busy.
    async fn next(&mut self, busy: bool) -> Option<lapin::Result<Delivery>> {
        if busy {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.deliveries.next().await
    }

    /// Takes the events that have arrived already, without waiting for more.
    fn collect_what_is_here(&mut self, collecting: &mut Batch, publishers: &Publishers) -> Result<(), Lost> {
        while !collecting.is_full(self.settings) {
            if let Some(originals) = &mut self.originals {
                match originals.next() {
                    Some(original) => {
                        collecting.add(original, self.log, &self.keys, self.settings, publishers);
                    }
                    None => self.originals = None,
                }
            } else if self.has_room()
                && let Some(Some(delivery)) = self.deliveries.next().now_or_never()
            {
                self.take(delivery?, collecting, publishers);
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Whether one more delivery can be taken: the events of the last one are, and what was unpacked has become little
    /// enough.
    fn has_room(&self) -> bool {
        self.originals.is_none() && self.unpacked.now() < self.settings.max_unacknowledged_bytes
    }

    /// Takes a delivery, and its event; if it has several, they come next.
    fn take(&mut self, delivery: Delivery, collecting: &mut Batch, publishers: &Publishers) {
        match SpringBatch::of(&delivery.data, &delivery.properties, self.settings) {
            Ok(None) => {
                let original = Original::of(delivery);
                collecting.add(original, self.log, &self.keys, self.settings, publishers);
            }
            Ok(Some(batch)) => self.originals = Some(Originals::of(delivery, batch, &self.unpacked)),
            Err(malformed) => collecting.refuse(Original::of(delivery), malformed),
        }
    }
}

/// Each consumer of a channel has a tag of its own. With the tag of one before it, whose messages are not all
/// acknowledged, a quorum queue of RabbitMQ 3.10 takes their numbers for lost ones, and the broker ends the connection.
async fn consume(
    channel: &Channel,
    number: u32,
    log: &DomainLog,
    settings: &Settings,
    prefetch: Prefetch,
) -> Result<Fuse<Consumer>, ConnectError> {
    let consuming = async {
        channel.basic_qos(prefetch.now(), BasicQosOptions::default()).await?;
        let queue = settings.topology.queue(log.domain());
        let tag = format!("{}-{number}", settings.broker.connection_name);
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        channel.basic_consume(queue.into(), tag.as_str().into(), options, none).await
    };
    Ok(settings.broker.in_time(consuming).await?.fuse())
}

/// Tells the broker to send no more. Its answer comes behind what it has sent, however long that takes to be stored.
fn cancel(channel: &Channel, deliveries: &Fuse<Consumer>) -> impl Future<Output = lapin::Result<()>> + use<> {
    let (channel, tag) = (channel.clone(), deliveries.get_ref().tag());
    async move { channel.basic_cancel(tag, BasicCancelOptions::default()).await }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Consuming,
    /// The broker was told to send no more, as another prefetch fits; what it has sent is still coming.
    Pausing,
    /// The same, as the service stops.
    Stopping,
    /// Everything that will come has come.
    Ended,
}
