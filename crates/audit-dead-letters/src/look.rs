use std::{collections::VecDeque, time::Duration};

use audit_core::{
    Domain,
    publish::{Broker, ConnectError},
};
use futures::future::try_join_all;
use lapin::{
    Acker, Channel, Connection, ErrorKind,
    message::Delivery,
    options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{FieldTable, ShortString},
};
use tokio::time::Instant;

use crate::{DeadLetter, DeadLetterError, Selection};

/// So many dead letters are in memory at a time.
pub const WINDOW: usize = 100;

/// A walk through dead-letter queues, one after the other, from their oldest message on. It sees as many messages as
/// waited there when it began: what comes back meanwhile is not seen.
///
/// Everything that it has got and that was not removed is handed back when it ends, and is dropped for that.
/// Messages are asked for one by one, a window's at once: a consumer would be sent all of them, as fast as the broker
/// can, and could not be told to wait without a limit to what it may leave unacknowledged.
#[derive(Debug)]
pub struct Look {
    broker: Broker,
    connection: Connection,
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
    left: u32,
}

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
        queues: impl IntoIterator<Item = (Domain, String)>,
        selection: &Selection,
        limit: Option<Limit>,
    ) -> Result<Self, DeadLetterError> {
        let connection = broker.connect().await?;
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

    /// Those of the next messages that are chosen, perhaps none; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Held>>, DeadLetterError> {
        if let Some(Limit { time, end }) = self.limit
            && end <= Instant::now()
        {
            self.hand_back().await?;
            return Err(DeadLetterError::TooLong(time));
        }
        // Only now: until here, what was got last could still be removed.
        if self.at.as_ref().is_some_and(|queue| queue.left == 0) {
            self.hand_back().await?;
        }
        let queue = match &mut self.at {
            Some(queue) => queue,
            none => {
                let Some((domain, name, left)) = self.open.pop_front() else { return Ok(None) };
                let channel = self.broker.in_time(self.connection.create_channel()).await?;
                none.insert(Queue { domain, name, channel, left })
            }
        };
        let deliveries = queue.get(&self.broker).await?;
        self.seen += deliveries.len() as u64;
        let domain = queue.domain;
        let held = deliveries.into_iter().map(|delivery| Held::of(domain, delivery));
        Ok(Some(held.filter(|held| self.selection.matches(&held.letter)).collect()))
    }

    /// Hands everything back that was not removed. Without this, the broker takes it back a little later.
    pub async fn end(mut self) -> Result<(), DeadLetterError> {
        self.hand_back().await?;
        self.broker.in_time(self.connection.close(200, "looked".into())).await?;
        Ok(())
    }

    /// Leaves the queue as it was: messages come back to their places, not to its end. It is the channel's end that
    /// hands them back, all at once: the broker takes those that are rejected one by one, each slower than the one
    /// before.
    async fn hand_back(&mut self) -> Result<(), ConnectError> {
        let Some(Queue { channel, .. }) = self.at.take() else { return Ok(()) };
        self.broker.in_time(channel.close(200, "looked".into())).await
    }
}

impl Queue {
    /// The next messages; with the last one, nothing is left.
    async fn get(&mut self, broker: &Broker) -> Result<Vec<Delivery>, ConnectError> {
        let wanted = usize::try_from(self.left).map_or(WINDOW, |left| left.min(WINDOW));
        let get = |_| self.channel.basic_get(self.name.clone(), BasicGetOptions { no_ack: false });
        let got = broker.in_time(try_join_all((0..wanted).map(get))).await?;
        let got: Vec<_> = got.into_iter().flatten().map(|message| message.delivery).collect();
        // Somebody else may have taken some: then there are fewer than there were.
        let found_all = got.len() == wanted;
        self.left =
            if found_all { self.left.saturating_sub(u32::try_from(wanted).unwrap_or(u32::MAX)) } else { 0 };
        Ok(got)
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
    let acked = broker.in_time(try_join_all(acks)).await?;
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
    let channel = broker.in_time(connection.create_channel()).await?;
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
    broker.in_time(asking).await
}

/// Whether there is no such queue. A queue whose node is down is not found either, but it is there.
fn is_absence(error: &lapin::Error) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
        && refusal.get_message().as_str().contains("no queue")
}
