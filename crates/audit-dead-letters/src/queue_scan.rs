use std::{collections::VecDeque, pin::Pin, sync::Arc, time::Duration};

use audit_core::{
    Domain,
    publish::{Broker, ConnectError, MessageBudget},
};
use futures::{StreamExt, future::try_join_all, stream::FuturesOrdered};
use lapin::{
    Acker, Channel, Connection, ErrorKind,
    message::{BasicGetMessage, Delivery},
    options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use crate::{DeadLetter, DeadLetterError, Selection};

/// How many dead letters are in memory at a time. Fewer if they are large.
pub const WINDOW: usize = 100;

/// Scans dead-letter queues one after the other, oldest message first. It covers as many messages as were there when it
/// began, so messages that come back meanwhile are not seen.
///
/// Fetched messages that were not removed are requeued when the scan ends or is dropped. They are fetched with `basic.get`,
/// a window at a time: a consumer would be sent all of them at once, unless a prefetch limited how many may stay
/// unacknowledged. Requested messages that don't fit into memory wait in the network.
#[derive(Debug)]
pub struct QueueScan {
    broker: Broker,
    connection: Connection,
    budget: Arc<MessageBudget>,
    /// The remaining queues, and how many messages were in each.
    open: VecDeque<(Domain, ShortString, u32)>,
    current: Option<Queue>,
    selection: Selection,
    limit: Option<TimeLimit>,
    total: u64,
    seen: u64,
}

/// The queue that is being scanned.
#[derive(Debug)]
struct Queue {
    domain: Domain,
    name: ShortString,
    channel: Channel,
    /// How many messages have not been requested yet.
    left: u32,
    /// The requested ones.
    requested: FuturesOrdered<Get>,
    /// How many are in memory.
    in_memory: usize,
}

type Get = Pin<Box<dyn Future<Output = lapin::Result<Option<BasicGetMessage>>> + Send>>;

/// When a scan must end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    pub(crate) time: Duration,
    pub(crate) end: Instant,
}

/// A fetched dead letter that is not acknowledged, so that it can still be removed.
#[derive(Debug)]
pub struct UnackedLetter {
    /// The dead letter.
    pub letter: DeadLetter,
    acker: Acker,
}

impl QueueScan {
    pub(crate) async fn begin(
        broker: &Broker,
        max_bytes: usize,
        queues: impl IntoIterator<Item = (Domain, String)>,
        selection: &Selection,
        limit: Option<TimeLimit>,
    ) -> Result<Self, DeadLetterError> {
        let budget = Arc::new(MessageBudget::new(max_bytes));
        let connection = broker.connect_with_budget(&budget).await?;
        let mut open = VecDeque::new();
        for (domain, name) in queues.into_iter().filter(|(domain, _)| selection.includes(*domain)) {
            let name = ShortString::from(name);
            if let Some(waiting) =
                message_count(broker, &connection, &name).await?.filter(|waiting| *waiting > 0)
            {
                open.push_back((domain, name, waiting));
            }
        }
        Ok(Self {
            broker: broker.clone(),
            connection,
            budget,
            total: open.iter().map(|(.., waiting)| u64::from(*waiting)).sum(),
            open,
            current: None,
            selection: selection.clone(),
            limit,
            seen: 0,
        })
    }

    /// How many messages there were when it began, including those that are not selected.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many of them were seen.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Returns the selected ones among the next messages, perhaps none, and `None` at the end. Those of the last call must
    /// be dropped by now, because their share of memory is reused.
    pub async fn next(&mut self) -> Result<Option<Vec<UnackedLetter>>, DeadLetterError> {
        if let Some(TimeLimit { time, end }) = self.limit
            && end <= Instant::now()
        {
            self.hand_back().await?;
            return Err(DeadLetterError::TooLong(time));
        }
        // Not earlier: until now, the last messages could still be removed.
        if self.current.as_ref().is_some_and(Queue::is_at_end) {
            self.hand_back().await?;
        }
        let queue = match &mut self.current {
            Some(queue) => queue,
            none => {
                let Some((domain, name, left)) = self.open.pop_front() else { return Ok(None) };
                let channel = self.broker.with_timeout(self.connection.create_channel()).await?;
                none.insert(Queue {
                    domain,
                    name,
                    channel,
                    left,
                    requested: FuturesOrdered::new(),
                    in_memory: 0,
                })
            }
        };
        self.budget.release(std::mem::take(&mut queue.in_memory));
        let deliveries = queue.get(&self.broker).await?;
        self.seen += deliveries.len() as u64;
        let domain = queue.domain;
        let letters = deliveries.into_iter().map(|delivery| UnackedLetter::new(domain, delivery));
        Ok(Some(letters.filter(|unacked| self.selection.matches(&unacked.letter)).collect()))
    }

    /// Requeues what was not removed. Without this call, the broker does so a little later.
    pub async fn end(mut self) -> Result<(), DeadLetterError> {
        self.hand_back().await?;
        self.broker.with_timeout(self.connection.close(200, "scanned".into())).await?;
        Ok(())
    }

    /// Leaves the queue as it was: messages return to their places, not to its end. Closing the channel requeues all at
    /// once; rejected one by one, each would take the broker longer than the last.
    async fn hand_back(&mut self) -> Result<(), ConnectError> {
        let Some(Queue { channel, mut requested, in_memory, .. }) = self.current.take() else {
            return Ok(());
        };
        self.budget.release(in_memory);
        // The broker confirms that the channel is closed after it has answered earlier requests.
        while let Some(message) = requested.next().await {
            self.budget.release(usize::from(matches!(message, Ok(Some(_)))));
        }
        self.broker.with_timeout(channel.close(200, "scanned".into())).await
    }
}

impl Queue {
    /// Returns the messages that have arrived, at least one. None means that the end of the queue is reached.
    async fn get(&mut self, broker: &Broker) -> Result<Vec<Delivery>, ConnectError> {
        while self.left > 0 && self.requested.len() < WINDOW {
            self.left -= 1;
            let (channel, name) = (self.channel.clone(), self.name.clone());
            let get = async move { channel.basic_get(name, BasicGetOptions { no_ack: false }).await };
            self.requested.push_back(Box::pin(get));
        }
        let requested = &mut self.requested;
        let arrived = async { requested.ready_chunks(WINDOW).next().await.into_iter().flatten().collect() };
        let arrived: Vec<Option<_>> = broker.with_timeout(arrived).await?;
        let count = arrived.len();
        let deliveries: Vec<_> = arrived.into_iter().flatten().map(|message| message.delivery).collect();
        // Another program may have taken some meanwhile.
        if deliveries.len() < count {
            self.left = 0;
        }
        self.in_memory = deliveries.len();
        Ok(deliveries)
    }

    fn is_at_end(&self) -> bool {
        self.left == 0 && self.requested.is_empty()
    }
}

impl UnackedLetter {
    fn new(domain: Domain, delivery: Delivery) -> Self {
        let acker = delivery.acker.clone();
        Self { letter: DeadLetter::of(domain, delivery), acker }
    }
}

/// Removes dead letters for good.
pub(crate) async fn remove(broker: &Broker, letters: &[UnackedLetter]) -> Result<(), DeadLetterError> {
    let acks = letters.iter().map(|unacked| unacked.acker.ack(BasicAckOptions::default()));
    let acked = broker.with_timeout(try_join_all(acks)).await?;
    // `false`: the channel is closed, and the acknowledgement was not sent.
    if acked.into_iter().all(|acked| acked) { Ok(()) } else { Err(DeadLetterError::NotRemoved) }
}

/// How many messages are in a queue; `None` if it does not exist. This uses a separate channel, because the broker closes it
/// in that case.
async fn message_count(
    broker: &Broker,
    connection: &Connection,
    queue: &ShortString,
) -> Result<Option<u32>, ConnectError> {
    let channel = broker.with_timeout(connection.create_channel()).await?;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let counting = async {
        match channel.queue_declare(queue.clone(), passive, FieldTable::default()).await {
            Ok(queue) => {
                channel.close(200, "counted".into()).await?;
                Ok(Some(queue.message_count()))
            }
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    };
    broker.with_timeout(counting).await
}

/// Whether the queue does not exist. A queue whose node is down is not found either, but it exists.
fn is_absence(error: &lapin::Error) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
        && refusal.get_message().as_str().contains("no queue")
}
