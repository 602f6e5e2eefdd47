//! One publisher for the events of all domains.
//!
//! A task holds the connection. Events go to it through a bounded buffer; it sends them without waiting for each confirm.

mod confirm_window;
mod confirms;
mod counts;
mod event;
mod task;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, error::TrySendError},
        oneshot, watch,
    },
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

use super::{Broker, Message, PublishError};
use crate::{AuditEvent, Topology};
use counts::Counters;
use event::message;
use task::Task;

pub use counts::PublisherCounts;

/// Publishes events of any domain. It connects when it is first used, and reconnects when the connection is lost. Clones
/// share the connection and the buffer.
///
/// - [`publish`](Self::publish) returns when the broker has the event.
/// - [`try_publish`](Self::try_publish) returns at once, and never blocks its caller.
///
/// An event can arrive twice, if a confirm gets lost. That is harmless: an event with the same id and time is stored once.
#[derive(Clone, Debug)]
pub struct Publisher {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// How events are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublisherSettings {
    /// The most events that wait to be sent. As many again may wait for their confirms.
    pub buffer: usize,
    /// The most bytes of memory that unconfirmed events may take. A single larger event is accepted when there are no
    /// others.
    pub buffer_bytes: usize,
    /// The timeout of [`Publisher::publish`].
    pub timeout: Duration,
    /// How long to retry an event of [`Publisher::try_publish`] while the broker is unavailable.
    pub retry_for: Duration,
}

impl Default for PublisherSettings {
    /// 10,000 events; 16 MiB; 10 seconds; 5 minutes.
    fn default() -> Self {
        Self {
            buffer: 10_000,
            buffer_bytes: 16 << 20,
            timeout: Duration::from_secs(10),
            retry_for: Duration::from_mins(5),
        }
    }
}

#[derive(Debug)]
struct Shared {
    topology: Topology,
    app_id: String,
    settings: PublisherSettings,
    counters: Arc<Counters>,
    /// The free bytes of the buffer.
    free_bytes: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    /// Taken by the first `close`.
    task: Mutex<Option<JoinHandle<()>>>,
}

/// An event to publish.
#[derive(Debug)]
struct Job {
    message: Arc<Message>,
    /// When to stop trying.
    deadline: Instant,
    /// Where to send the outcome, if a caller waits for it.
    reply: Option<oneshot::Sender<Result<(), PublishError>>>,
    /// Released when the event is settled.
    _bytes: OwnedSemaphorePermit,
}

/// The memory of an event besides its body.
const OVERHEAD: usize = 512;

impl Publisher {
    /// Creates a publisher to the exchange of `topology`. It spawns a task, so this must be called within a tokio runtime.
    #[must_use]
    pub fn new(broker: Broker, topology: Topology, settings: PublisherSettings) -> Self {
        let (jobs, waiting) = mpsc::channel(settings.buffer.max(1));
        let (closing, close) = watch::channel(false);
        let free_bytes = Arc::new(Semaphore::new(max_buffer_bytes(&settings) as usize));
        let counters = Arc::<Counters>::default();
        let app_id = broker.connection_name.clone();
        let task = Task::new(broker, waiting, close, Arc::clone(&counters));
        let task = Mutex::new(Some(tokio::spawn(task.run())));
        Self {
            jobs,
            shared: Arc::new(Shared { topology, app_id, settings, counters, free_bytes, closing, task }),
        }
    }

    /// Publishes an event, and returns when the broker has confirmed it. Retries while the broker is unavailable, until the
    /// timeout.
    ///
    /// After an error other than [`Unroutable`](PublishError::Unroutable), the event may have arrived nevertheless.
    /// Publishing it again is safe.
    pub async fn publish<E: AuditEvent>(&self, event: &E) -> Result<(), PublishError> {
        let limit = self.shared.settings.timeout;
        let deadline = Instant::now() + limit;
        let message = Arc::new(message(event, &self.shared.topology, &self.shared.app_id)?);
        let (reply, outcome) = oneshot::channel();
        let publishing = async {
            let bytes =
                Arc::clone(&self.shared.free_bytes).acquire_many_owned(self.shared.size(&message)).await;
            let bytes = bytes.map_err(|_| PublishError::Stopped)?;
            let job = Job { message, deadline, reply: Some(reply), _bytes: bytes };
            self.jobs.send(job).await.map_err(|_| PublishError::Stopped)?;
            self.shared.counters.taken();
            outcome.await.unwrap_or(Err(PublishError::Stopped))
        };
        timeout_at(deadline, publishing).await.unwrap_or(Err(PublishError::TimedOut(limit)))
    }

    /// Queues an event for publishing, and returns at once, even if the broker is slow or unavailable. If the buffer is
    /// full, the event is dropped and counted, and an error returned.
    ///
    /// An event that was accepted can still be lost: if the broker has no queue for it, if the broker is unavailable for
    /// longer than [`retry_for`](PublisherSettings::retry_for), or if the process ends without [`close`](Self::close). The
    /// first two are logged and counted.
    pub fn try_publish<E: AuditEvent>(&self, event: &E) -> Result<(), PublishError> {
        let Shared { topology, app_id, settings, counters, free_bytes, .. } = &*self.shared;
        let handed_over = message(event, topology, app_id).and_then(|message| {
            let bytes = Arc::clone(free_bytes).try_acquire_many_owned(self.shared.size(&message));
            let waiting = || usize::try_from(counters.now().waiting).unwrap_or(usize::MAX);
            let bytes = bytes.map_err(|_| PublishError::BufferFull(waiting()))?;
            let deadline = Instant::now() + settings.retry_for;
            let job = Job { message: Arc::new(message), deadline, reply: None, _bytes: bytes };
            self.jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => PublishError::BufferFull(settings.buffer),
                TrySendError::Closed(_) => PublishError::Stopped,
            })
        });
        match &handed_over {
            Ok(()) => counters.taken(),
            Err(_) => counters.dropped(),
        }
        handed_over
    }

    /// The outcomes of events so far, and how many are waiting. If that number grows, the broker does not keep up.
    #[must_use]
    pub fn counts(&self) -> PublisherCounts {
        self.shared.counters.now()
    }

    /// Accepts no more events, publishes those that are waiting, and closes the connection, within this time. Returns how
    /// many were not published.
    pub async fn close(&self, within: Duration) -> u64 {
        // An error means that the task has already ended.
        let _ = self.shared.closing.send(true);
        let task = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(within, &mut task).await.is_err()
        {
            task.abort();
        }
        self.shared.counters.now().waiting
    }
}

fn max_buffer_bytes(settings: &PublisherSettings) -> u32 {
    u32::try_from(settings.buffer_bytes).unwrap_or(u32::MAX).max(1)
}

impl Shared {
    /// How many bytes of the buffer an event takes.
    fn size(&self, message: &Message) -> u32 {
        let size = u32::try_from(message.body.len() + OVERHEAD).unwrap_or(u32::MAX);
        size.min(max_buffer_bytes(&self.settings))
    }
}

impl Drop for Shared {
    /// The last clone is dropped: the task ends without publishing what is left.
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}
