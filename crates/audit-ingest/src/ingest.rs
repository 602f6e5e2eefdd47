use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use audit_core::{Domain, publish::Pauses, store::DomainLog};
use lapin::Connection;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    Counts, Settings, State, Store,
    consumer::{DomainConsumer, Lost},
    declare::{Declared, WarnOfOthers, declare},
    metrics::broker_reconnects,
    queues,
    trouble::{NOT_CONNECTED, not_consumed},
    writer::Writer,
};

/// Consumes the queues of all domains and stores what comes: a connection and a task for each domain, so that
/// nothing that happens to one queue holds up the others. One connection more declares the queues and counts what waits
/// in them; when it is lost, so are all the others in all likelihood, and everything starts anew.
#[derive(Debug)]
pub struct Ingest {
    settings: Arc<Settings>,
    domains: Vec<Arc<Writer>>,
    state: Arc<State>,
}

impl Ingest {
    /// Everything that is needed, nothing started.
    #[must_use]
    pub fn new(settings: Settings, store: &Store, domains: Vec<DomainLog>) -> Self {
        let settings = Arc::new(settings);
        let publishers = Arc::default();
        let writer =
            |log| Arc::new(Writer::new(log, store.clone(), Arc::clone(&settings), Arc::clone(&publishers)));
        let domains: Vec<_> = domains.into_iter().map(writer).collect();
        let state = Arc::new(State::new(domains.iter().map(|writer| Arc::clone(writer.state())).collect()));
        Self { settings, domains, state }
    }

    /// What it is at, now and later.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// The counts of each domain, now and later.
    #[must_use]
    pub fn counts(&self) -> Vec<(Domain, Arc<Counts>)> {
        self.domains.iter().map(|writer| (writer.log().domain(), writer.counts())).collect()
    }

    /// Runs until `stop`, and then until every domain has written and acknowledged what had arrived.
    ///
    /// While the broker or the database is away it waits for them. Dropping the future ends it at once;
    /// what was not acknowledged comes again. Its only error is a defect: a domain's task panicked.
    pub async fn run(self, stop: CancellationToken) -> Result<(), JoinError> {
        let mut pauses = Pauses::up_to(self.settings.max_pause);
        let mut warn = WarnOfOthers::Yes;
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
                            warn = WarnOfOthers::No;
                            pauses.reset_after(connected.elapsed());
                            lost
                        }
                    }
                }
            };
            warn!(error = %lost, "not connected to the broker: trying again until it works");
            if stop.run_until_cancelled(tokio::time::sleep(pauses.next())).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Consumes all queues, until `stop` or until the connection is lost that looks after them.
    async fn consume(
        &self,
        connection: Arc<Connection>,
        warn: WarnOfOthers,
        stop: &CancellationToken,
    ) -> Result<Ended, JoinError> {
        let _connected = self.state.broker_connected.while_alive(NOT_CONNECTED);
        let consuming = Arc::new(Consuming { now: AtomicUsize::new(0), all: self.domains.len() });
        let mut domains = JoinSet::new();
        for writer in &self.domains {
            domains.spawn(keep_consuming(
                Arc::clone(writer),
                Arc::clone(&self.settings),
                Arc::clone(&connection),
                Arc::clone(&consuming),
                warn,
                stop.clone(),
            ));
        }
        let mut counting = pin!(queues::watch(&connection, &self.settings, &self.domains));
        loop {
            let ended = tokio::select! {
                ended = domains.join_next() => ended,
                never = &mut counting => match never {},
            };
            let Some(ended) = ended else { break };
            if let Ended::ConnectionLost(lost) = ended? {
                // The others may be waiting for the database: what they hold will come again.
                domains.shutdown().await;
                return Ok(Ended::ConnectionLost(lost));
            }
        }
        let closing = connection.close(200, "stopping".into());
        // Everything is acknowledged: an error now changes nothing.
        let _ = self.settings.broker.in_time(closing).await;
        Ok(Ended::Stopped)
    }
}

/// How consuming ended.
enum Ended {
    Stopped,
    ConnectionLost(Lost),
}

/// Consumes one domain's queue, and starts anew whenever that ends by itself while the broker is there.
async fn keep_consuming(
    writer: Arc<Writer>,
    settings: Arc<Settings>,
    connection: Arc<Connection>,
    consuming: Arc<Consuming>,
    mut warn: WarnOfOthers,
    stop: CancellationToken,
) -> Ended {
    let domain = writer.log().domain();
    let mut pauses = Pauses::up_to(settings.max_pause);
    loop {
        let starting = async {
            let declaring = declare(&connection, &settings.topology, domain, settings.queue_type, warn);
            match settings.broker.in_time(declaring).await? {
                Declared::Usable { flaws } => writer.state().has_flaws(&flaws),
                Declared::Stream(queue) => return Err(Lost::Stream(queue)),
                Declared::WouldBeStream(queue) => {
                    return Err(Lost::WouldBeStream { queue, vhost: settings.broker.vhost.clone() });
                }
            }
            DomainConsumer::start(writer.log(), &settings).await
        };
        let ended = match stop.run_until_cancelled(starting).await {
            None => return Ended::Stopped,
            Some(Err(lost)) => Err(lost),
            Some(Ok(consumer)) => {
                let started = Instant::now();
                let counted = consuming.one_more();
                let ended = consumer.run(&writer, &stop).await;
                drop(counted);
                warn = WarnOfOthers::No;
                pauses.reset_after(started.elapsed());
                ended
            }
        };
        let Err(lost) = ended else { return Ended::Stopped };
        writer.state().consuming.fails(not_consumed(&lost));
        if !connection.status().connected() {
            return Ended::ConnectionLost(lost);
        }
        writer.metrics().restarts.increment(1);
        warn!(%domain, error = %lost, "not consuming the queue of domain {domain}: trying again until it works");
        if stop.run_until_cancelled(tokio::time::sleep(pauses.next())).await.is_none() {
            return Ended::Stopped;
        }
    }
}

/// How many domains are consuming: all of them, or something is wrong.
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
