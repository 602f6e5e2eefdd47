use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// How many bytes of memory the messages may take that were read from a connection and not yet released.
///
/// While it is used up, the connection reads no further messages: they wait at the broker or in the network. The last
/// message may exceed it, however large it is. Properties and headers count like the body.
#[derive(Debug)]
pub struct MessageBudget {
    limit: usize,
    in_flight: Mutex<InFlight>,
}

#[derive(Debug, Default)]
struct InFlight {
    /// The sizes of the messages, oldest first.
    messages: VecDeque<usize>,
    bytes: usize,
    waiting: Option<Waker>,
}

/// How much of a [`MessageBudget`] is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetUsage {
    /// How many messages.
    pub messages: usize,
    /// Their size in bytes.
    pub bytes: usize,
    /// How many bytes the budget has.
    pub limit: usize,
}

impl MessageBudget {
    /// Creates a budget of this many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, in_flight: Mutex::default() }
    }

    /// Releases the oldest messages.
    pub fn release(&self, messages: usize) {
        let mut in_flight = self.in_flight();
        let count = messages.min(in_flight.messages.len());
        let bytes: usize = in_flight.messages.drain(..count).sum();
        in_flight.bytes -= bytes;
        if in_flight.bytes < self.limit
            && let Some(waiting) = in_flight.waiting.take()
        {
            waiting.wake();
        }
    }

    /// The current usage.
    pub fn usage(&self) -> BudgetUsage {
        let in_flight = self.in_flight();
        BudgetUsage { messages: in_flight.messages.len(), bytes: in_flight.bytes, limit: self.limit }
    }

    pub(super) fn take(&self, bytes: usize) {
        let mut in_flight = self.in_flight();
        in_flight.messages.push_back(bytes);
        in_flight.bytes = in_flight.bytes.saturating_add(bytes);
    }

    pub(super) fn has_room(&self) -> bool {
        self.in_flight().bytes < self.limit
    }

    pub(super) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut in_flight = self.in_flight();
        if in_flight.bytes < self.limit {
            return Poll::Ready(());
        }
        in_flight.waiting = Some(context.waker().clone());
        Poll::Pending
    }

    fn in_flight(&self) -> MutexGuard<'_, InFlight> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
