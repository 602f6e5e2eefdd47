use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use audit_core::store::DomainLog;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{Counts, Settings, Store, consumer::DomainConsumer, pause::Pauses, writer::Writer};

/// Consumes the queues of all domains and stores what comes. Each domain has a connection, a channel and a
/// task of its own: what happens to one queue does not hold up the others.
#[derive(Debug)]
pub struct Ingest {
    settings: Arc<Settings>,
    store: Store,
    domains: Vec<(DomainLog, Arc<Counts>)>,
}

impl Ingest {
    /// Everything that is needed, nothing started.
    #[must_use]
    pub fn new(settings: Settings, store: Store, domains: Vec<DomainLog>) -> Self {
        let domains = domains.into_iter().map(|log| (log, Arc::default())).collect();
        Self { settings: Arc::new(settings), store, domains }
    }

    /// The counts of each domain, now and later.
    #[must_use]
    pub fn counts(&self) -> Vec<(audit_core::Domain, Arc<Counts>)> {
        self.domains.iter().map(|(log, counts)| (log.domain(), Arc::clone(counts))).collect()
    }

    /// Runs until `stop`, and then until every domain has written and acknowledged what had arrived.
    ///
    /// While the broker or the database is away it waits for them. Dropping the future ends it at once;
    /// what was not acknowledged comes again. Its only error is a defect: a domain's task panicked.
    pub async fn run(self, stop: CancellationToken) -> Result<(), JoinError> {
        let consuming = Arc::new(Consuming { now: AtomicUsize::new(0), all: self.domains.len() });
        let mut domains = JoinSet::new();
        for (log, counts) in self.domains {
            let writer = Writer::new(log.clone(), self.store.clone(), Arc::clone(&self.settings), counts);
            let settings = Arc::clone(&self.settings);
            domains.spawn(keep_consuming(log, settings, writer, Arc::clone(&consuming), stop.clone()));
        }
        while let Some(ended) = domains.join_next().await {
            ended?;
        }
        Ok(())
    }
}

/// Consumes one domain's queue until `stop`, and starts anew whenever that ends by itself.
async fn keep_consuming(
    log: DomainLog,
    settings: Arc<Settings>,
    writer: Writer,
    consuming: Arc<Consuming>,
    stop: CancellationToken,
) {
    let domain = log.domain();
    let mut pauses = Pauses::up_to(settings.max_pause);
    loop {
        let ended = match stop.run_until_cancelled(DomainConsumer::start(&log, &settings)).await {
            None => return,
            Some(Err(lost)) => Err(lost),
            Some(Ok(consumer)) => {
                pauses.reset();
                let _counted = consuming.one_more();
                consumer.run(&writer, &stop).await
            }
        };
        let Err(lost) = ended else { return };
        warn!(%domain, error = %lost, "not consuming the queue of domain {domain}: trying again until it works");
        let pause = pauses.next();
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
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
