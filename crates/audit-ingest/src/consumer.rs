use std::{pin::pin, time::Duration};

use audit_core::{publish::ConnectError, store::DomainLog};
use futures::{
    FutureExt, StreamExt,
    future::{self, FusedFuture},
    stream::Fuse,
};
use lapin::{
    Channel, Connection, Consumer, ErrorKind,
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Settings,
    batch::Batch,
    declare::{WarnOfOthers, declare},
    metrics::DomainMetrics,
    unknown::Publishers,
    waiting::Waiting,
    writer::{AckError, Writer},
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
    #[error(transparent)]
    Ack(#[from] AckError),
}

impl Lost {
    /// Whether lapin ended the connection for a message that it can't read. The message will come again.
    fn is_unreadable(&self) -> bool {
        match self {
            Self::Broker(error)
            | Self::Connect(ConnectError::Failed { source: error, .. })
            | Self::Ack(AckError::Failed(ConnectError::Failed { source: error, .. })) => {
                matches!(error.kind(), ErrorKind::ParsingError(_))
            }
            Self::Connect(_) | Self::Ack(_) | Self::Cancelled => false,
        }
    }
}

/// What the domains consume on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    /// One connection for all of them.
    Shared,
    /// Each domain has its own.
    OneEach,
}

impl Connections {
    /// What ends the connection ends it for all that share it. So a message that can't be read must have one for
    /// itself and its domain.
    pub(crate) fn after(lost: &Lost) -> Self {
        if lost.is_unreadable() { Self::OneEach } else { Self::Shared }
    }
}

/// One domain's consumer: a channel of its own, and the deliveries of the domain's queue.
pub(crate) struct DomainConsumer<'a> {
    log: &'a DomainLog,
    settings: &'a Settings,
    channel: Channel,
    /// Fused: lapin tells the end of a consumer once, and whoever sees it may be looking for something else.
    deliveries: Fuse<Consumer>,
}

impl<'a> DomainConsumer<'a> {
    /// Declares what is not there yet, and starts consuming.
    pub(crate) async fn start(
        log: &'a DomainLog,
        settings: &'a Settings,
        shared: &Connection,
        connections: Connections,
        warn: WarnOfOthers,
    ) -> Result<Self, Lost> {
        // It ends with its last channel.
        let own = match connections {
            Connections::Shared => None,
            Connections::OneEach => Some(settings.broker.connect().await?),
        };
        let starting = async {
            declare(shared, &settings.topology, log.domain(), settings.queue_type, warn).await?;
            let channel = own.as_ref().unwrap_or(shared).create_channel().await?;
            channel.basic_qos(settings.prefetch, BasicQosOptions::default()).await?;
            let queue = settings.topology.queue(log.domain());
            let tag = settings.broker.connection_name.as_str();
            let options = BasicConsumeOptions::default();
            let deliveries =
                channel.basic_consume(queue.into(), tag.into(), options, FieldTable::default()).await?;
            Ok((channel, deliveries))
        };
        let (channel, deliveries) = settings.broker.in_time(starting).await?;
        Ok(Self { log, settings, channel, deliveries: deliveries.fuse() })
    }

    /// Consumes until `stop`, then writes and acknowledges what has arrived, and closes the channel.
    ///
    /// One batch is being written while the next one collects: no timer decides when. An event that comes alone
    /// is written at once; under load, batches grow up to their limit. Back-pressure is the prefetch alone. Events
    /// that have no partition yet wait beside the batches.
    pub(crate) async fn run(mut self, writer: &Writer, stop: &CancellationToken) -> Result<(), Lost> {
        let _consuming = writer.state().consuming.while_alive();
        let held = Held(writer.metrics());
        let mut in_writing = 0;
        let mut collecting = Batch::default();
        let mut writing = pin!(future::Fuse::terminated());
        let mut aside = Waiting::default();
        let mut making = pin!(future::Fuse::terminated());
        let channel = self.channel.clone();
        let mut cancelling = pin!(future::Fuse::terminated());
        let mut state = State::Consuming;
        loop {
            let busy = !writing.is_terminated();
            tokio::select! {
                written = &mut writing, if busy => {
                    aside.add(written?, writer.state());
                    in_writing = 0;
                }
                made = &mut making, if !making.is_terminated() => aside.tried(made, writer.state()),
                delivery = self.next(busy),
                    if state != State::Ended && !collecting.is_full(self.settings) =>
                {
                    match delivery {
                        Some(delivery) => collecting.add(delivery?, self.log, self.settings, writer.publishers()),
                        None if state == State::Stopping => state = State::Ended,
                        None => return Err(Lost::Cancelled),
                    }
                }
                () = stop.cancelled(), if state == State::Consuming => {
                    let cancel = channel.basic_cancel(self.deliveries.get_ref().tag(), BasicCancelOptions::default());
                    cancelling.set(self.settings.broker.in_time(cancel).fuse());
                    state = State::Stopping;
                }
                cancelled = &mut cancelling, if !cancelling.is_terminated() => cancelled?,
            }
            if !aside.is_empty() {
                collecting.take_back(&mut aside, self.settings);
                if making.is_terminated()
                    && let Some(wanted) = aside.wanted(self.settings.max_pause)
                {
                    making.set(writer.make_months(wanted).fuse());
                }
            }
            self.collect_what_is_here(&mut collecting, writer.publishers())?;
            if writing.is_terminated() {
                if !collecting.is_empty() {
                    in_writing = collecting.len();
                    writing.set(writer.write(std::mem::take(&mut collecting)).fuse());
                } else if state == State::Ended {
                    break;
                }
            }
            held.are(in_writing + collecting.len() + aside.len());
        }
        self.settings.broker.in_time(channel.close(200, "stopping".into())).await?;
        Ok(())
    }

    /// Waits for a delivery or for the end of the consumer; without haste while the writer is busy.
    async fn next(&mut self, busy: bool) -> Option<lapin::Result<Delivery>> {
        if busy {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.deliveries.next().await
    }

    /// Takes the deliveries that have arrived already, without waiting for more.
    fn collect_what_is_here(&mut self, collecting: &mut Batch, publishers: &Publishers) -> Result<(), Lost> {
        while !collecting.is_full(self.settings)
            && let Some(Some(delivery)) = self.deliveries.next().now_or_never()
        {
            collecting.add(delivery?, self.log, self.settings, publishers);
        }
        Ok(())
    }
}

/// Tells of the messages that are held; none are when the consumer has ended, however it did.
struct Held<'a>(&'a DomainMetrics);

impl Held<'_> {
    fn are(&self, messages: u64) {
        self.0.hold(messages);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.are(0);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Consuming,
    /// The broker was told to send no more; what it has sent is still coming.
    Stopping,
    /// Everything that will come has come.
    Ended,
}
