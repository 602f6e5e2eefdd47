use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// How much memory the messages may take that were read from a connection and not released since, in bytes.
///
/// While it is used up, the connection reads no further message: those wait at the broker, or on their way. The last
/// message that is let in may go beyond it, however large it is. Properties and headers count with the body.
#[derive(Debug)]
pub struct MessageBudget {
    limit: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// The sizes of the messages, oldest first.
    messages: VecDeque<usize>,
    bytes: usize,
    waiting: Option<Waker>,
}

impl MessageBudget {
    /// A budget of so many bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, held: Mutex::default() }
    }

    /// Says that so many messages are done with: those that were read first.
    pub fn release(&self, messages: usize) {
        let mut held = self.held();
        let count = messages.min(held.messages.len());
        let bytes: usize = held.messages.drain(..count).sum();
        held.bytes -= bytes;
        if held.bytes < self.limit
            && let Some(waiting) = held.waiting.take()
        {
            waiting.wake();
        }
    }

    pub(super) fn take(&self, bytes: usize) {
        let mut held = self.held();
        held.messages.push_back(bytes);
        held.bytes = held.bytes.saturating_add(bytes);
    }

    pub(super) fn has_room(&self) -> bool {
        self.held().bytes < self.limit
    }

    pub(super) fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut held = self.held();
        if held.bytes < self.limit {
            return Poll::Ready(());
        }
        held.waiting = Some(context.waker().clone());
        Poll::Pending
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
