use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use audit_core::Domain;
use metrics::Gauge;
use tracing::error;

use super::{
    condition::{Condition, ConditionStatus},
    in_flight::InFlight,
    reason,
};
use crate::metrics::{DomainMetrics, broker_connected};

/// Messages that are unacknowledged for longer than this are a problem, whatever the reason.
const MAX_TIME_IN_FLIGHT: Duration = Duration::from_mins(1);

/// The health of ingest.
#[derive(Debug)]
pub struct IngestState {
    /// There is a connection to the broker.
    pub broker_connected: Condition,
    /// The domains.
    pub domains: Vec<Arc<DomainState>>,
}

/// The health of one domain.
#[derive(Debug)]
pub struct DomainState {
    /// The domain.
    pub domain: Domain,
    /// Its queue is being consumed.
    pub(crate) consuming: Condition,
    /// Its batches are stored, and their dead letters published, without retries.
    pub(crate) writing: Condition,
    /// All its events have a partition.
    pub(crate) partitions: Condition,
    /// Its queues are declared in a way that loses no message.
    pub(crate) declared: Condition,
    pub(crate) in_flight: InFlight,
}

impl IngestState {
    pub(crate) fn new(domains: Vec<Arc<DomainState>>) -> Self {
        Self { broker_connected: Condition::failing(broker_connected(), reason::NOT_CONNECTED), domains }
    }

    /// Updates the metrics that change as time passes.
    pub fn update_ages(&self) {
        for domain in &self.domains {
            domain.in_flight.update_age();
        }
    }
}

impl DomainState {
    pub(crate) fn new(domain: Domain, metrics: &DomainMetrics) -> Self {
        Self {
            domain,
            consuming: Condition::failing(metrics.consuming(), reason::NOT_CONSUMED),
            writing: Condition::holding(metrics.holding()),
            partitions: Condition::holding(Gauge::noop()),
            declared: Condition::holding(metrics.misdeclared()),
            in_flight: InFlight::new(metrics),
        }
    }

    /// Notes how messages get lost in its queues as others declared them.
    pub(crate) fn queue_problems(&self, problems: &[String]) {
        if problems.is_empty() {
            return self.declared.holds();
        }
        let problems = problems.join("; ");
        if self.declared.status().problem.as_deref() != Some(problems.as_str()) {
            error!(
                domain = %self.domain,
                "messages of domain {} get lost as its queues were declared: {problems}",
                self.domain,
            );
        }
        self.declared.fails(problems);
    }

    /// Whether its events are stored as they arrive, and since when; or why not.
    #[must_use]
    pub fn status(&self) -> ConditionStatus {
        let in_flight = match self.in_flight.since() {
            Some(since) if since.elapsed() > MAX_TIME_IN_FLIGHT => {
                ConditionStatus { problem: Some(reason::IN_FLIGHT_FOR_LONG.into()), since }
            }
            _ => ConditionStatus { problem: None, since: self.consuming.status().since },
        };
        let all = [
            self.consuming.status(),
            self.writing.status(),
            self.partitions.status(),
            in_flight,
            self.declared.status(),
        ];
        let problems: Vec<_> = all.iter().filter_map(|status| status.problem.as_deref()).collect();
        if problems.is_empty() {
            // Since the last problem ended.
            let since = all.iter().map(|status| status.since).max();
            return ConditionStatus { problem: None, since: since.unwrap_or_else(Instant::now) };
        }
        let failing = all.iter().filter(|status| status.problem.is_some());
        let since = failing.map(|status| status.since).min();
        ConditionStatus {
            problem: Some(problems.join("; ").into()),
            since: since.unwrap_or_else(Instant::now),
        }
    }
}
