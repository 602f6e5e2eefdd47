use crate::Domain;

/// The names of exchanges and queues. All of them start with one prefix, `tickatch` on the platform.
///
/// ```
/// use audit_core::{Domain, Topology};
///
/// let topology = Topology::default();
/// assert_eq!(topology.exchange(), "tickatch.log");
/// assert_eq!(topology.queue(Domain::new("payment")), "tickatch.payment.log.queue");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    prefix: String,
}

impl Topology {
    /// The names under another prefix.
    #[must_use]
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// The topic exchange that all events are published to.
    #[must_use]
    pub fn exchange(&self) -> String {
        format!("{}.log", self.prefix)
    }

    /// The topic exchange for messages that can't be stored.
    #[must_use]
    pub fn dead_letter_exchange(&self) -> String {
        format!("{}.log.dlx", self.prefix)
    }

    /// The queue for a domain's events.
    #[must_use]
    pub fn queue(&self, domain: Domain) -> String {
        format!("{}.{domain}.log.queue", self.prefix)
    }

    /// The queue for a domain's dead letters.
    #[must_use]
    pub fn dead_letter_queue(&self, domain: Domain) -> String {
        format!("{}.dlq", self.queue(domain))
    }
}

impl Default for Topology {
    fn default() -> Self {
        Self::with_prefix("tickatch")
    }
}
