use std::{collections::BTreeSet, time::Duration};

use audit_core::{publish::Backoff, store::Row};
use audit_store::{EnsuredPartitions, month_of};
use chrono::NaiveDate;
use tracing::{info, warn};

use crate::{
    health::{DomainState, not_stored},
    message::{ReceivedAt, SourceMessage},
};

/// Events of months that have no partition yet. They wait outside of the batches, unacknowledged, so that events of other
/// months are stored even if the partition can't be created.
#[derive(Debug, Default)]
pub(crate) struct AwaitingPartition {
    events: Vec<(Row, SourceMessage)>,
    /// When the first of them was received.
    oldest: Option<ReceivedAt>,
    /// The months whose partition exists by now.
    ready: BTreeSet<NaiveDate>,
    /// The delays between attempts to create partitions, after the first one.
    backoff: Option<Backoff>,
    is_logged: bool,
}

/// Months whose partitions must be created.
#[derive(Debug)]
pub(crate) struct WantedMonths {
    pub(crate) months: BTreeSet<NaiveDate>,
    /// How long to wait before the attempt.
    pub(crate) pause: Duration,
}

impl AwaitingPartition {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn len(&self) -> u64 {
        self.events.len() as u64
    }

    pub(crate) fn oldest(&self) -> Option<ReceivedAt> {
        self.oldest
    }

    /// Adds the events that a batch could not store; `oldest` is when the first message of the batch was received. Without
    /// any, everything that was waiting before is stored by now.
    pub(crate) fn add(
        &mut self,
        remaining: Vec<(Row, SourceMessage)>,
        oldest: Option<ReceivedAt>,
        state: &DomainState,
    ) {
        for (row, _) in &remaining {
            self.ready.remove(&month_of(row.occurred_at));
        }
        self.events.extend(remaining);
        self.oldest = self.oldest.or(oldest);
        if self.events.is_empty() {
            if self.is_logged {
                info!(domain = %state.domain, "all events have their partition");
                state.partitions.holds();
            }
            *self = Self::default();
        }
    }

    /// The months whose partitions must be created: at once the first time, after a pause from then on.
    pub(crate) fn wanted(&mut self, max_pause: Duration) -> Option<WantedMonths> {
        let months = self.events.iter().map(|(row, _)| month_of(row.occurred_at));
        let months: BTreeSet<_> = months.filter(|month| !self.ready.contains(month)).collect();
        if months.is_empty() {
            return None;
        }
        let pause = match &mut self.backoff {
            Some(backoff) => backoff.next_delay(),
            none => {
                *none = Some(Backoff::up_to(max_pause));
                Duration::ZERO
            }
        };
        Some(WantedMonths { months, pause })
    }

    /// Notes the result of an attempt to create partitions.
    pub(crate) fn attempted(&mut self, outcome: EnsuredPartitions, state: &DomainState) {
        self.ready.extend(outcome.made);
        if let Some(error) = outcome.failed {
            if !self.is_logged {
                warn!(
                    domain = %state.domain,
                    events = self.events.len(),
                    %error,
                    "events wait for a partition that can't be made: trying again until it is there",
                );
                self.is_logged = true;
            }
            state.partitions.fails(not_stored(&error));
        }
    }

    /// An iterator that removes the events whose partition exists by now.
    pub(crate) fn take_ready(&mut self) -> impl Iterator<Item = (Row, SourceMessage)> {
        let Self { events, ready, .. } = self;
        events.extract_if(.., |(row, _)| ready.contains(&month_of(row.occurred_at)))
    }
}
