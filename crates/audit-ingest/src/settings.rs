use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use audit_core::{Domain, Topology, publish::Broker, store::MonthsAhead};
use chrono_tz::Tz;

/// The settings of ingest.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The broker.
    pub broker: Broker,
    /// The names of exchanges and queues.
    pub topology: Topology,
    /// The type of queues that do not exist yet.
    pub queue_type: QueueType,
    /// How many unacknowledged messages each domain may have. At least twice `max_batch`, so that one batch collects while
    /// another is written.
    pub prefetch: u16,
    /// The most rows that are written in one transaction.
    pub max_batch: usize,
    /// How many bytes of unacknowledged messages each domain may hold in memory. One more message may arrive, however large
    /// it is.
    pub max_unacknowledged_bytes: usize,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How times without a zone are read.
    pub zones: Zones,
    /// How far in the future an event may be.
    pub months_ahead: MonthsAhead,
    /// Actions that only read. They are acknowledged and counted, but not stored.
    pub read_actions: HashSet<String>,
    /// The longest delay between two attempts while the broker or the database is unavailable.
    pub max_pause: Duration,
}

/// The type of queue to declare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueType {
    /// As the original and the publishers declare it.
    Classic,
    /// Replicated, for new installations on a cluster.
    Quorum,
}

/// The zones in which times without one are read.
#[derive(Clone, Debug)]
pub struct Zones {
    /// For every domain that is not in `by_domain`.
    pub default: Tz,
    /// For single domains, by name.
    pub by_domain: HashMap<String, Tz>,
}

impl Zones {
    /// The zone in which a domain's publishers write times.
    #[must_use]
    pub fn of(&self, domain: Domain) -> Tz {
        self.by_domain.get(domain.name()).copied().unwrap_or(self.default)
    }
}
