//! One publisher for the events of all domains.
//!
//! A task of its own holds the connection. What is published goes to it through a bounded buffer, is sent one
//! behind the other without waiting, and confirmed together.

mod confirms;
mod counts;
mod event;
mod pipeline;
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
use counts::Counts;
use event::message;
use task::Task;

pub use counts::PublisherCounts;

/// Publishes events of any domain. It connects when it is first used, and again whenever the connection is lost;
/// a clone shares connection and buffer.
///
/// - [`publish`](Self::publish) returns when the broker has the event.
/// - [`try_publish`](Self::try_publish) returns at once, and never blocks its caller.
///
/// An event can arrive twice, when a confirm got lost. That is harmless: the same id and time are stored once.
#[derive(Clone, Debug)]
pub struct Publisher {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

/// How events are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublisherSettings {
    /// The most events that wait for being sent. Another so many may wait for their confirms.
    pub buffer: usize,
    /// The most memory that events may take until they are confirmed, in bytes. One that is larger by itself is taken
    /// when no other is on its way.
    pub buffer_bytes: usize,
    /// How long an event of [`Publisher::publish`] may take.
    pub timeout: Duration,
    /// How long an event of [`Publisher::try_publish`] is kept while the broker is away.
    pub keep: Duration,
}

impl Default for PublisherSettings {
    /// 10,000 events; 16 MiB; 10 seconds; 5 minutes.
    fn default() -> Self {
        Self {
            buffer: 10_000,
            buffer_bytes: 16 << 20,
            timeout: Duration::from_secs(10),
            keep: Duration::from_mins(5),
        }
    }
}

#[derive(Debug)]
struct Shared {
    topology: Topology,
    app_id: String,
    settings: PublisherSettings,
    counts: Arc<Counts>,
    /// The free bytes of the buffer.
    free_bytes: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    /// Taken by the first `close`.
    task: Mutex<Option<JoinHandle<()>>>,
}

/// An event on its way.
#[derive(Debug)]
struct Job {
    message: Arc<Message>,
    /// Until then it is tried.
    give_up: Instant,
    /// Who waits for the outcome, if anybody.
    reply: Option<oneshot::Sender<Result<(), PublishError>>>,
    /// Given back when the event is settled.
    _bytes: OwnedSemaphorePermit,
}

/// What an event takes beside its body.
const OVERHEAD: usize = 512;

impl Publisher {
    /// A publisher to the exchange of `topology`. It starts a task, so it must be made within a tokio runtime.
    #[must_use]
    pub fn new(broker: Broker, topology: Topology, settings: PublisherSettings) -> Self {
        let (jobs, waiting) = mpsc::channel(settings.buffer.max(1));
        let (closing, close) = watch::channel(false);
        let free_bytes = Arc::new(Semaphore::new(max_buffer_bytes(&settings) as usize));
        let counts = Arc::<Counts>::default();
        let app_id = broker.connection_name.clone();
        let task = Task::new(broker, waiting, close, Arc::clone(&counts));
        let task = Mutex::new(Some(tokio::spawn(task.run())));
        Self {
            jobs,
            shared: Arc::new(Shared { topology, app_id, settings, counts, free_bytes, closing, task }),
        }
    }

    /// Publishes an event, and returns when the broker has it. While the broker is away it is tried again, until
    /// the time is up.
    ///
    /// After an error other than [`Unroutable`](PublishError::Unroutable) the event may have arrived all the same.
    /// Publishing it again is safe.
    pub async fn publish<E: AuditEvent>(&self, event: &E) -> Result<(), PublishError> {
        let limit = self.shared.settings.timeout;
        let give_up = Instant::now() + limit;
        let message = Arc::new(message(event, &self.shared.topology, &self.shared.app_id)?);
        let (reply, outcome) = oneshot::channel();
        let publishing = async {
            let bytes =
                Arc::clone(&self.shared.free_bytes).acquire_many_owned(self.shared.size(&message)).await;
            let bytes = bytes.map_err(|_| PublishError::Stopped)?;
            let job = Job { message, give_up, reply: Some(reply), _bytes: bytes };
            self.jobs.send(job).await.map_err(|_| PublishError::Stopped)?;
            self.shared.counts.taken();
            outcome.await.unwrap_or(Err(PublishError::Stopped))
        };
        timeout_at(give_up, publishing).await.unwrap_or(Err(PublishError::TimedOut(limit)))
    }

    /// Hands an event over for publishing, and returns at once: neither a slow broker nor one that is away holds
    /// up the caller. If the buffer is full the event is dropped and counted, and the error says so.
    ///
    /// An event that was taken can still be lost: when the broker has no queue for it, when the broker stays away
    /// for longer than [`keep`](PublisherSettings::keep), or when the process ends without
    /// [`close`](Self::close). The first two are logged and counted.
    pub fn try_publish<E: AuditEvent>(&self, event: &E) -> Result<(), PublishError> {
        let Shared { topology, app_id, settings, counts, free_bytes, .. } = &*self.shared;
        let handed_over = message(event, topology, app_id).and_then(|message| {
            let bytes = Arc::clone(free_bytes).try_acquire_many_owned(self.shared.size(&message));
            let waiting = || usize::try_from(counts.now().waiting).unwrap_or(usize::MAX);
            let bytes = bytes.map_err(|_| PublishError::BufferFull(waiting()))?;
            let give_up = Instant::now() + settings.keep;
            let job = Job { message: Arc::new(message), give_up, reply: None, _bytes: bytes };
            self.jobs.try_send(job).map_err(|error| match error {
                TrySendError::Full(_) => PublishError::BufferFull(settings.buffer),
                TrySendError::Closed(_) => PublishError::Stopped,
            })
        });
        match &handed_over {
            Ok(()) => counts.taken(),
            Err(_) => counts.dropped(),
        }
        handed_over
    }

    /// What became of the events so far, and how many wait: growing means that the broker does not keep up.
    #[must_use]
    pub fn counts(&self) -> PublisherCounts {
        self.shared.counts.now()
    }

    /// Takes no more events, publishes those that wait, and ends the connection, within this time. Returns how many were
    /// not published.
    pub async fn close(&self, within: Duration) -> u64 {
        // An error means that the task has ended already.
        let _ = self.shared.closing.send(true);
        let task = self.shared.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && timeout(within, &mut task).await.is_err()
        {
            task.abort();
        }
        self.shared.counts.now().waiting
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
    /// Nobody is left who could publish or close: the task ends, with what it still has.
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}
