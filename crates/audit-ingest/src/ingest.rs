use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use audit_core::{Domain, publish::Backoff, store::DomainLog};
use audit_store::Store;
use lapin::Connection;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    IngestState, OutcomeCounters, Settings,
    consume_error::ConsumeError,
    consumer::DomainConsumer,
    health::{NOT_CONNECTED, not_consumed},
    metrics::broker_reconnects,
    pipeline::Pipeline,
    queues::{Declared, DomainQueues, QueueLengths, WarnOfDifferences},
};

/// Consumes the queues of all domains and stores their events. Each domain has its own connection and task, so that a
/// problem of one queue does not hold up the others. One more connection declares the queues and counts their messages.
/// When it is lost, the others probably are as well, and everything starts again.
#[derive(Debug)]
pub struct Ingest {
    settings: Arc<Settings>,
    pipelines: Vec<Arc<Pipeline>>,
    state: Arc<IngestState>,
}

impl Ingest {
    /// Prepares ingest without starting anything.
    #[must_use]
    pub fn new(settings: Settings, store: &Store, domains: Vec<DomainLog>) -> Self {
        let settings = Arc::new(settings);
        let publishers = Arc::default();
        let pipeline =
            |log| Arc::new(Pipeline::new(log, store.clone(), Arc::clone(&settings), Arc::clone(&publishers)));
        let pipelines: Vec<_> = domains.into_iter().map(pipeline).collect();
        let states = pipelines.iter().map(|pipeline| Arc::clone(pipeline.state())).collect();
        Self { settings, pipelines, state: Arc::new(IngestState::new(states)) }
    }

    /// A shared handle to the live state.
    #[must_use]
    pub fn state(&self) -> Arc<IngestState> {
        Arc::clone(&self.state)
    }

    /// The live counters of each domain.
    #[must_use]
    pub fn counters(&self) -> Vec<(Domain, Arc<OutcomeCounters>)> {
        self.pipelines.iter().map(|pipeline| (pipeline.domain(), Arc::clone(pipeline.counters()))).collect()
    }

    /// Runs until `stop`, and then until every domain has written and acknowledged the messages that have arrived.
    ///
    /// Waits while the broker or the database is unavailable. Dropping the future ends it at once; unacknowledged messages
    /// are redelivered. The only error is a bug: a domain's task has panicked.
    pub async fn run(self, stop: CancellationToken) -> Result<(), JoinError> {
        let mut backoff = Backoff::up_to(self.settings.max_pause);
        let mut warn = WarnOfDifferences::Yes;
        let reconnects = broker_reconnects();
        let mut connected_before = false;
        loop {
            let lost = match stop.run_until_cancelled(self.settings.broker.connect()).await {
                None => return Ok(()),
                Some(Err(error)) => error.into(),
                Some(Ok(connection)) => {
                    let connected = Instant::now();
                    reconnects.increment(u64::from(connected_before));
                    connected_before = true;
                    match self.consume(Arc::new(connection), warn, &stop).await? {
                        Ended::Stopped => return Ok(()),
                        Ended::ConnectionLost(lost) => {
                            warn = WarnOfDifferences::No;
                            backoff.reset_after(connected.elapsed());
                            lost
                        }
                    }
                }
            };
            warn!(error = %lost, "not connected to the broker: trying again until it works");
            if stop.run_until_cancelled(tokio::time::sleep(backoff.next_delay())).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Consumes all queues, until `stop` or until the declaring connection is lost.
    async fn consume(
        &self,
        connection: Arc<Connection>,
        warn: WarnOfDifferences,
        stop: &CancellationToken,
    ) -> Result<Ended, JoinError> {
        let _connected = self.state.broker_connected.while_alive(NOT_CONNECTED);
        let consuming = Arc::new(Consuming { now: AtomicUsize::new(0), all: self.pipelines.len() });
        let mut domains = JoinSet::new();
        for pipeline in &self.pipelines {
            let task = DomainTask {
                pipeline: Arc::clone(pipeline),
                connection: Arc::clone(&connection),
                consuming: Arc::clone(&consuming),
                stop: stop.clone(),
            };
            domains.spawn(task.run(warn));
        }
        let counted = self.pipelines.iter().map(|pipeline| (pipeline.domain(), pipeline.metrics())).collect();
        let mut counting = pin!(QueueLengths::new(&connection, &self.settings, counted).watch());
        loop {
            let ended = tokio::select! {
                ended = domains.join_next() => ended,
                never = &mut counting => match never {},
            };
            let Some(ended) = ended else { break };
            if let Ended::ConnectionLost(lost) = ended? {
                // The others may be waiting for the database. Their messages are redelivered.
                domains.shutdown().await;
                return Ok(Ended::ConnectionLost(lost));
            }
        }
        let closing = connection.close(200, "stopping".into());
        // Everything is acknowledged, so an error no longer matters.
        let _ = self.settings.broker.with_timeout(closing).await;
        Ok(Ended::Stopped)
    }
}

/// How consuming ended.
enum Ended {
    Stopped,
    ConnectionLost(ConsumeError),
}

/// Consumes one domain's queue.
struct DomainTask {
    pipeline: Arc<Pipeline>,
    /// Declares the queue.
    connection: Arc<Connection>,
    consuming: Arc<Consuming>,
    stop: CancellationToken,
}

impl DomainTask {
    /// Consumes until `stop`. Whenever the consumer ends while the broker is available, starts it again.
    async fn run(self, mut warn: WarnOfDifferences) -> Ended {
        let Self { pipeline, connection, consuming, stop } = &self;
        let domain = pipeline.domain();
        let mut backoff = Backoff::up_to(pipeline.settings().max_pause);
        loop {
            let ended = match stop.run_until_cancelled(self.start(warn)).await {
                None => return Ended::Stopped,
                Some(Err(error)) => Err(error),
                Some(Ok(consumer)) => {
                    let started = Instant::now();
                    let counted = consuming.one_more();
                    let ended = consumer.run(stop).await;
                    drop(counted);
                    warn = WarnOfDifferences::No;
                    backoff.reset_after(started.elapsed());
                    ended
                }
            };
            let Err(error) = ended else { return Ended::Stopped };
            pipeline.state().consuming.fails(not_consumed(&error));
            if !connection.status().connected() {
                return Ended::ConnectionLost(error);
            }
            pipeline.metrics().restarts.increment(1);
            warn!(%domain, %error, "not consuming the queue of domain {domain}: trying again until it works");
            if stop.run_until_cancelled(tokio::time::sleep(backoff.next_delay())).await.is_none() {
                return Ended::Stopped;
            }
        }
    }

    /// Declares the queue, and starts consuming it.
    async fn start(&self, warn: WarnOfDifferences) -> Result<DomainConsumer<'_>, ConsumeError> {
        let settings = self.pipeline.settings();
        let queues = DomainQueues::new(&self.connection, settings, self.pipeline.domain(), warn);
        match settings.broker.with_timeout(queues.declare()).await? {
            Declared::Usable { problems } => self.pipeline.state().queue_problems(&problems),
            Declared::Stream(queue) => return Err(ConsumeError::Stream(queue)),
            Declared::WouldBeStream(queue) => {
                return Err(ConsumeError::WouldBeStream { queue, vhost: settings.broker.vhost.clone() });
            }
        }
        DomainConsumer::start(&self.pipeline).await
    }
}

/// How many domains are consuming. Less than all of them is a problem.
#[derive(Debug)]
struct Consuming {
    now: AtomicUsize,
    all: usize,
}

impl Consuming {
    fn one_more(&self) -> OneConsuming<'_> {
        if self.now.fetch_add(1, Relaxed) + 1 == self.all {
            info!("all {} domains are consuming", self.all);
        }
        OneConsuming(self)
    }
}

struct OneConsuming<'a>(&'a Consuming);

impl Drop for OneConsuming<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Relaxed);
    }
}
