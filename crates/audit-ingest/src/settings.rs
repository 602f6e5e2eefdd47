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
    /// The kind of queue that is declared where there is none yet.
    pub queue_type: QueueType,
    /// Messages that the broker may deliver ahead of their acknowledgement, for each domain. At least
    /// twice `max_batch`, so that one batch collects while another is written.
    pub prefetch: u16,
    /// The most rows that are written in one transaction.
    pub max_batch: usize,
    /// How much memory messages may take that were delivered and not acknowledged yet, for each domain, in bytes. One
    /// message more may come, however large it is.
    pub max_unacknowledged_bytes: usize,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: usize,
    /// How times without a zone are read.
    pub zones: Zones,
    /// How far in the future an event may be.
    pub months_ahead: MonthsAhead,
    /// Action types that only read. They are acknowledged and counted, not stored.
    pub read_actions: HashSet<String>,
    /// The longest delay between two attempts while broker or database is away.
    pub max_pause: Duration,
}

/// The kind of queue to declare.
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
    /// For every domain that is not named in `by_domain`.
    pub default: Tz,
    /// For single domains, by name.
    pub by_domain: HashMap<String, Tz>,
}

impl Zones {
    /// The zone of a domain's publishers.
    #[must_use]
    pub fn of(&self, domain: Domain) -> Tz {
        self.by_domain.get(domain.name()).copied().unwrap_or(self.default)
    }
}
