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

/// How many dead letters are in memory at a time, or fewer if they are large.
pub const WINDOW: usize = 100;

/// Scans dead-letter queues, one after the other, from their oldest message on. It sees as many messages as waited there
/// when it began: what comes back meanwhile is not seen.
///
/// All messages that it fetched and that were not removed are handed back when it ends or is dropped.
/// Messages are fetched one by one, a window of them at once: a consumer would be sent all of them, as fast as the broker
/// can, and could not be made to wait without a limit to what it may leave unacknowledged. Those that were requested and
/// have no room wait on their way.
#[derive(Debug)]
pub struct QueueScan {
    broker: Broker,
    connection: Connection,
    budget: Arc<MessageBudget>,
    /// The queues that are left, and how many messages waited there.
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
    /// How many messages are still to be requested.
    left: u32,
    /// The requested ones.
    requested: FuturesOrdered<Get>,
    /// How many are in memory.
    in_memory: usize,
}

type Get = Pin<Box<dyn Future<Output = lapin::Result<Option<BasicGetMessage>>> + Send>>;

/// When a scan has to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimit {
    pub(crate) time: Duration,
    pub(crate) end: Instant,
}

/// A dead letter that was fetched and not acknowledged: it can still be removed.
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

    /// How many messages waited when it began, including those that are not selected.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many of them were seen.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The selected ones of the next messages, perhaps none; `None` at the end. Those of the last call must have been
    /// dropped by now: their memory is given to these.
    pub async fn next(&mut self) -> Result<Option<Vec<UnackedLetter>>, DeadLetterError> {
        if let Some(TimeLimit { time, end }) = self.limit
            && end <= Instant::now()
        {
            self.hand_back().await?;
            return Err(DeadLetterError::TooLong(time));
        }
        // Only now: until here, the last messages could still be removed.
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

    /// Hands back what was not removed. Without this call, the broker takes it back a little later.
    pub async fn end(mut self) -> Result<(), DeadLetterError> {
        self.hand_back().await?;
        self.broker.with_timeout(self.connection.close(200, "scanned".into())).await?;
        Ok(())
    }

    /// Leaves the queue as it was: messages return to their places, not to its end. Closing the channel hands them back
    /// all at once: rejected one by one, each would take the broker longer than the last.
    async fn hand_back(&mut self) -> Result<(), ConnectError> {
        let Some(Queue { channel, mut requested, in_memory, .. }) = self.current.take() else {
            return Ok(());
        };
        self.budget.release(in_memory);
        // The broker answers the closing of the channel after what was requested before.
        while let Some(message) = requested.next().await {
            self.budget.release(usize::from(matches!(message, Ok(Some(_)))));
        }
        self.broker.with_timeout(channel.close(200, "scanned".into())).await
    }
}

impl Queue {
    /// The next messages: those that have arrived, at least one. None means that the queue is at its end.
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
        // Another program may have taken some: then there are fewer than at the beginning.
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
    // `false`: the channel is gone, and the acknowledgement went nowhere.
    if acked.into_iter().all(|acked| acked) { Ok(()) } else { Err(DeadLetterError::NotRemoved) }
}

/// How many messages wait in a queue; `None` if there is no such queue. It uses a channel of its own, as the broker closes
/// it then.
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

/// Whether there is no such queue. A queue whose node is down is not found either, but it is there.
fn is_absence(error: &lapin::Error) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
        && refusal.get_message().as_str().contains("no queue")
}
