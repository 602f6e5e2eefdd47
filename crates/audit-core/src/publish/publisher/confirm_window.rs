use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    iter, mem,
    sync::Arc,
    time::Duration,
};

use lapin::{Confirmation, types::ShortString};
use tokio::time::{Instant, sleep_until};

use super::{
    Job,
    confirms::{Confirms, Outcome},
    counts::Counters,
};
use crate::publish::{Broker, ConfirmedChannel, ConnectError, PublishError};

/// The most unconfirmed events: enough to keep a broker busy while it writes to its disk.
pub(super) const WINDOW: usize = 2_000;

/// A channel on which events are sent without waiting for confirms, and the unconfirmed events.
pub(super) struct ConfirmWindow {
    channel: ConfirmedChannel,
    /// In the order of sending.
    sent: BTreeMap<u64, Job>,
    next_number: u64,
    confirms: Confirms,
    /// The message ids that the broker has returned, until their confirms come.
    returned: HashSet<ShortString>,
    /// When the broker last sent a confirm, or had nothing to confirm.
    last_confirm: Instant,
    timeout: Duration,
}

impl ConfirmWindow {
    pub(super) async fn open(broker: &Broker) -> Result<Self, ConnectError> {
        Ok(Self {
            channel: ConfirmedChannel::open(broker).await?,
            sent: BTreeMap::new(),
            next_number: 0,
            confirms: Confirms::default(),
            returned: HashSet::new(),
            last_confirm: Instant::now(),
            timeout: broker.timeout,
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.sent.len() >= WINDOW
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Sends an event without waiting. Many events then go out together, which saves work. The window bounds how many are
    /// unconfirmed.
    pub(super) fn send(&mut self, job: Job, counters: &Counters) {
        if self.sent.is_empty() {
            self.last_confirm = Instant::now();
        }
        match self.channel.publishing(Arc::clone(&job.message)) {
            Ok(publishing) => {
                let number = self.next_number;
                self.next_number += 1;
                self.sent.insert(number, job);
                self.confirms.add(number, publishing);
            }
            Err(error) => job.settle(Err(error), counters),
        }
    }

    /// Waits for confirms, and settles their events. Without unconfirmed events, waits for ever.
    pub(super) async fn settle(&mut self, counters: &Counters) -> Result<(), PublishError> {
        let Some(first) = self.next_confirm().await? else { return std::future::pending().await };
        self.last_confirm = Instant::now();
        // The broker returns a message before it confirms it, but lapin attaches it to whichever confirm comes next. So all
        // confirms that have arrived are collected before any event is settled.
        let more = self.confirms.arrived();
        let mut outcomes = Vec::with_capacity(1 + more.len());
        for (number, confirmation) in iter::once(first).chain(more) {
            let (is_taken, back) = match confirmation.map_err(PublishError::Closed)? {
                Confirmation::Ack(back) => (true, back),
                Confirmation::Nack(back) => (false, back),
                Confirmation::NotRequested => (false, None),
            };
            self.returned.extend(back.and_then(|back| back.delivery.properties.message_id().clone()));
            outcomes.push((number, is_taken));
        }
        for (number, is_taken) in outcomes {
            let Some(job) = self.sent.remove(&number) else { continue };
            let was_returned = !self.returned.is_empty()
                && job.message.properties.message_id().as_ref().is_some_and(|id| self.returned.remove(id));
            let outcome = match (was_returned, is_taken) {
                (true, _) => Err(PublishError::unroutable(&job.message)),
                (false, true) => Ok(()),
                (false, false) => Err(PublishError::Refused),
            };
            job.settle(outcome, counters);
        }
        Ok(())
    }

    async fn next_confirm(&mut self) -> Result<Option<Outcome>, PublishError> {
        tokio::select! {
            confirm = self.confirms.next() => Ok(confirm),
            () = sleep_until(self.last_confirm + self.timeout), if !self.sent.is_empty() => {
                Err(PublishError::TimedOut(self.timeout))
            }
        }
    }

    /// Closes the channel, and returns the unconfirmed events in the order of sending.
    pub(super) async fn into_unconfirmed(mut self) -> VecDeque<Job> {
        let open = mem::take(&mut self.sent).into_values().collect();
        self.channel.close().await;
        open
    }

    pub(super) async fn close(self) {
        self.channel.close().await;
    }
}
