use std::time::Duration;

use audit_core::{Domain, Topology, publish::Broker};
use tokio::time::Instant;

use crate::{
    DeadLetter, DeadLetterError, QueueScan, Selection,
    queue_scan::{TimeLimit, UnackedLetter},
};

/// The dead letters of some domains. Each operation opens its own connections.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    pub(crate) broker: Broker,
    pub(crate) topology: Topology,
    domains: Vec<Domain>,
    max_bytes: usize,
    limit: Option<TimeLimit>,
}

impl DeadLetters {
    /// The dead letters of these domains. Each operation holds about `max_bytes` of them in memory at most, plus one more,
    /// however large it is.
    #[must_use]
    pub fn new(broker: Broker, topology: Topology, domains: Vec<Domain>, max_bytes: usize) -> Self {
        Self { broker, topology, domains, max_bytes, limit: None }
    }

    /// Sets a time limit that starts now. What takes longer ends with [`DeadLetterError::TooLong`], after the messages that
    /// are being processed.
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        Self { limit: Some(TimeLimit { time, end: Instant::now() + time }), ..self.clone() }
    }

    /// The domains.
    #[must_use]
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The domain of this name.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<Domain> {
        self.domains.iter().copied().find(|domain| domain.name() == name)
    }

    /// Scans the selected dead letters, oldest first, domain after domain.
    pub async fn scan(&self, selection: &Selection) -> Result<QueueScan, DeadLetterError> {
        let queue = |domain: &Domain| (*domain, self.topology.dead_letter_queue(*domain));
        let queues = self.domains.iter().map(queue);
        QueueScan::begin(&self.broker, self.max_bytes, queues, selection, self.limit).await
    }

    /// Finds the first of the selected dead letters, and counts them.
    pub async fn find(&self, selection: &Selection) -> Result<Option<(DeadLetter, u64)>, DeadLetterError> {
        let mut scan = self.scan(selection).await?;
        let mut found = None;
        let mut count = 0;
        while let Some(letters) = scan.next().await? {
            count += letters.len() as u64;
            found = found.or_else(|| letters.into_iter().next().map(|UnackedLetter { letter, .. }| letter));
        }
        scan.end().await?;
        Ok(found.map(|letter| (letter, count)))
    }

    /// A dead letter as a line of NDJSON, which `log-service publish` accepts: the original message, and the details of the
    /// dead letter. The body is exact: as JSON if it is JSON on one line, else as text if it is UTF-8, else in base64.
    #[must_use]
    pub fn line(&self, letter: &DeadLetter) -> Vec<u8> {
        crate::ndjson::line(letter, &self.topology)
    }
}
