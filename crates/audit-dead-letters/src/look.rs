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

/// So many dead letters are in memory at a time, or fewer if they are large.
pub const WINDOW: usize = 100;

/// A walk through dead-letter queues, one after the other, from their oldest message on. It sees as many messages as
/// waited there when it began: what comes back meanwhile is not seen.
///
/// Everything that it has got and that was not removed is handed back when it ends, and is dropped for that.
/// Messages are asked for one by one, a window's at once: a consumer would be sent all of them, as fast as the broker
/// can, and could not be told to wait without a limit to what it may leave unacknowledged. Those that were asked for and
/// have no room wait on their way.
#[derive(Debug)]
pub struct Look {
    broker: Broker,
    connection: Connection,
    budget: Arc<MessageBudget>,
    /// Where to look, and how many messages waited there.
    open: VecDeque<(Domain, ShortString, u32)>,
    /// Where it is.
    at: Option<Queue>,
    selection: Selection,
    limit: Option<Limit>,
    total: u64,
    seen: u64,
}

/// The queue that is being looked at.
#[derive(Debug)]
struct Queue {
    domain: Domain,
    name: ShortString,
    channel: Channel,
    /// So many are still to be asked for.
    left: u32,
    /// Those that were asked for.
    asked: FuturesOrdered<Get>,
    /// So many were found and are in memory.
    found: usize,
}

type Get = Pin<Box<dyn Future<Output = lapin::Result<Option<BasicGetMessage>>> + Send>>;

/// When a look has to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) time: Duration,
    pub(crate) end: Instant,
}

/// A dead letter that a look holds.
#[derive(Debug)]
pub struct Held {
    /// What it is.
    pub letter: DeadLetter,
    acker: Acker,
}

impl Look {
    pub(crate) async fn begin(
        broker: &Broker,
        max_bytes: usize,
        queues: impl IntoIterator<Item = (Domain, String)>,
        selection: &Selection,
        limit: Option<Limit>,
    ) -> Result<Self, DeadLetterError> {
        let budget = Arc::new(MessageBudget::new(max_bytes));
        let connection = broker.connect_with_budget(&budget).await?;
        let mut open = VecDeque::new();
        for (domain, name) in queues.into_iter().filter(|(domain, _)| selection.includes(*domain)) {
            let name = ShortString::from(name);
            if let Some(waiting) = waiting(broker, &connection, &name).await?.filter(|waiting| *waiting > 0) {
                open.push_back((domain, name, waiting));
            }
        }
        Ok(Self {
            broker: broker.clone(),
            connection,
            budget,
            total: open.iter().map(|(.., waiting)| u64::from(*waiting)).sum(),
            open,
            at: None,
            selection: selection.clone(),
            limit,
            seen: 0,
        })
    }

    /// How many messages waited when it began, those included that are not chosen.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many of them were looked at.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Those of the next messages that are chosen, perhaps none; nothing at the end. Those of the call before must be
    /// gone from memory by now: their room is given to these.
    pub async fn next(&mut self) -> Result<Option<Vec<Held>>, DeadLetterError> {
        if let Some(Limit { time, end }) = self.limit
            && end <= Instant::now()
        {
            self.hand_back().await?;
            return Err(DeadLetterError::TooLong(time));
        }
        // Only now: until here, what was got last could still be removed.
        if self.at.as_ref().is_some_and(Queue::is_at_end) {
            self.hand_back().await?;
        }
        let queue = match &mut self.at {
            Some(queue) => queue,
            none => {
                let Some((domain, name, left)) = self.open.pop_front() else { return Ok(None) };
                let channel = self.broker.with_timeout(self.connection.create_channel()).await?;
                none.insert(Queue { domain, name, channel, left, asked: FuturesOrdered::new(), found: 0 })
            }
        };
        self.budget.release(std::mem::take(&mut queue.found));
        let deliveries = queue.get(&self.broker).await?;
        self.seen += deliveries.len() as u64;
        let domain = queue.domain;
        let held = deliveries.into_iter().map(|delivery| Held::of(domain, delivery));
        Ok(Some(held.filter(|held| self.selection.matches(&held.letter)).collect()))
    }

    /// Hands everything back that was not removed. Without this, the broker takes it back a little later.
    pub async fn end(mut self) -> Result<(), DeadLetterError> {
        self.hand_back().await?;
        self.broker.with_timeout(self.connection.close(200, "looked".into())).await?;
        Ok(())
    }

    /// Leaves the queue as it was: messages come back to their places, not to its end. It is the channel's end that
    /// hands them back, all at once: the broker takes those that are rejected one by one, each slower than the one
    /// before.
    async fn hand_back(&mut self) -> Result<(), ConnectError> {
        let Some(Queue { channel, mut asked, found, .. }) = self.at.take() else { return Ok(()) };
        self.budget.release(found);
        // The broker's answer to the channel's end comes behind what was asked for.
        while let Some(message) = asked.next().await {
            self.budget.release(usize::from(matches!(message, Ok(Some(_)))));
        }
        self.broker.with_timeout(channel.close(200, "looked".into())).await
    }
}

impl Queue {
    /// The next messages: those that have come, at least one. None means that the queue is at its end.
    async fn get(&mut self, broker: &Broker) -> Result<Vec<Delivery>, ConnectError> {
        while self.left > 0 && self.asked.len() < WINDOW {
            self.left -= 1;
            let (channel, name) = (self.channel.clone(), self.name.clone());
            let get = async move { channel.basic_get(name, BasicGetOptions { no_ack: false }).await };
            self.asked.push_back(Box::pin(get));
        }
        let asked = &mut self.asked;
        let come = async { asked.ready_chunks(WINDOW).next().await.into_iter().flatten().collect() };
        let come: Vec<Option<_>> = broker.with_timeout(come).await?;
        let count = come.len();
        let deliveries: Vec<_> = come.into_iter().flatten().map(|message| message.delivery).collect();
        // Somebody else may have taken some: then there are fewer than there were.
        if deliveries.len() < count {
            self.left = 0;
        }
        self.found = deliveries.len();
        Ok(deliveries)
    }

    fn is_at_end(&self) -> bool {
        self.left == 0 && self.asked.is_empty()
    }
}

impl Held {
    fn of(domain: Domain, delivery: Delivery) -> Self {
        let acker = delivery.acker.clone();
        Self { letter: DeadLetter::of(domain, delivery), acker }
    }
}

/// Removes dead letters for good.
pub(crate) async fn remove(broker: &Broker, held: &[Held]) -> Result<(), DeadLetterError> {
    let acks = held.iter().map(|held| held.acker.ack(BasicAckOptions::default()));
    let acked = broker.with_timeout(try_join_all(acks)).await?;
    // `false`: the channel is gone, and the acknowledgement went nowhere.
    if acked.into_iter().all(|acked| acked) { Ok(()) } else { Err(DeadLetterError::Unremoved) }
}

/// How many messages wait in a queue; nothing if there is no such queue. It asks on a channel of its own, as the broker
/// closes it when there is none.
async fn waiting(
    broker: &Broker,
    connection: &Connection,
    queue: &ShortString,
) -> Result<Option<u32>, ConnectError> {
    let channel = broker.with_timeout(connection.create_channel()).await?;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let asking = async {
        match channel.queue_declare(queue.clone(), passive, FieldTable::default()).await {
            Ok(there) => {
                channel.close(200, "asked".into()).await?;
                Ok(Some(there.message_count()))
            }
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    };
    broker.with_timeout(asking).await
}

/// Whether there is no such queue. A queue whose node is down is not found either, but it is there.
fn is_absence(error: &lapin::Error) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
        && refusal.get_message().as_str().contains("no queue")
}
