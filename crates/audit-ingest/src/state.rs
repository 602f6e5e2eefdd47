//! What ingest is at right now, for whoever watches over it.

use std::{sync::Arc, time::Instant};

use audit_core::Domain;
use metrics::Gauge;
use tokio::sync::watch;

use crate::metrics::{DomainMetrics, broker_connected};

/// What ingest is at right now.
#[derive(Debug)]
pub struct State {
    /// There is a connection to the broker.
    pub broker_connected: Condition,
    /// The domains.
    pub domains: Vec<Arc<DomainState>>,
}

/// What one domain is at right now.
#[derive(Debug)]
pub struct DomainState {
    /// Which one.
    pub domain: Domain,
    /// Its queue is being consumed.
    pub consuming: Condition,
    /// It holds a batch that the database does not take.
    pub holding: Condition,
}

/// Something that holds or does not, and since when. A metric tells the same, as 1 or 0.
#[derive(Debug)]
pub struct Condition {
    now: watch::Sender<(bool, Instant)>,
    gauge: Gauge,
}

impl State {
    pub(crate) fn new(domains: Vec<Arc<DomainState>>) -> Self {
        Self { broker_connected: Condition::not_yet(broker_connected()), domains }
    }
}

impl DomainState {
    pub(crate) fn new(domain: Domain, metrics: &DomainMetrics) -> Self {
        let (consuming, holding) = (metrics.consuming(), metrics.holding());
        Self { domain, consuming: Condition::not_yet(consuming), holding: Condition::not_yet(holding) }
    }
}

impl Condition {
    /// One that does not hold yet. `gauge` tells of it.
    #[must_use]
    pub fn not_yet(gauge: Gauge) -> Self {
        gauge.set(0);
        Self { now: watch::Sender::new((false, Instant::now())), gauge }
    }

    /// Says whether it holds.
    pub fn set(&self, holds: bool) {
        self.now.send_if_modified(|now| {
            let changes = now.0 != holds;
            if changes {
                *now = (holds, Instant::now());
                self.gauge.set(u8::from(holds));
            }
            changes
        });
    }

    /// Whether it holds, and since when it does or does not.
    #[must_use]
    pub fn now(&self) -> (bool, Instant) {
        *self.now.borrow()
    }

    /// Holds for as long as the value lives.
    pub(crate) fn while_alive(&self) -> WhileAlive<'_> {
        self.set(true);
        WhileAlive(self)
    }
}

/// What its condition holds as long as.
pub(crate) struct WhileAlive<'a>(&'a Condition);

impl Drop for WhileAlive<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
