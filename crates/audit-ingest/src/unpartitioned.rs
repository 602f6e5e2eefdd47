use std::{collections::BTreeSet, time::Duration};

use audit_core::{publish::Pauses, store::Row};
use chrono::NaiveDate;
use tracing::{info, warn};

use crate::{
    DomainState,
    held::Taken,
    original::Original,
    store::{MadeMonths, month_of},
    trouble,
};

/// Events of months that have no partition yet. They wait beside the batches, unacknowledged, so that the events of
/// other months go on being stored, whatever keeps the partition from being made.
#[derive(Debug, Default)]
pub(crate) struct Unpartitioned {
    events: Vec<(Row, Original)>,
    /// When the first of them was taken.
    oldest: Option<Taken>,
    /// The months that have their partition by now.
    ready: BTreeSet<NaiveDate>,
    /// Between the tries; none was made so far if there are none.
    pauses: Option<Pauses>,
    is_told: bool,
}

impl Unpartitioned {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn len(&self) -> u64 {
        self.events.len() as u64
    }

    pub(crate) fn oldest(&self) -> Option<Taken> {
        self.oldest
    }

    /// Takes what a batch has left, whose first message was taken then. If nothing is left, everything that waited before
    /// is stored by now.
    pub(crate) fn add(&mut self, left: Vec<(Row, Original)>, taken: Option<Taken>, state: &DomainState) {
        for (row, _) in &left {
            self.ready.remove(&month_of(row.occurred_at));
        }
        self.events.extend(left);
        self.oldest = self.oldest.or(taken);
        if self.events.is_empty() {
            if self.is_told {
                info!(domain = %state.domain, "all events have their partition");
                state.partitions.holds();
            }
            *self = Self::default();
        }
    }

    /// The months whose partitions are to be made, and how long to wait before that: not at all the first time.
    pub(crate) fn wanted(&mut self, longest_pause: Duration) -> Option<(BTreeSet<NaiveDate>, Duration)> {
        let months = self.events.iter().map(|(row, _)| month_of(row.occurred_at));
        let months: BTreeSet<_> = months.filter(|month| !self.ready.contains(month)).collect();
        if months.is_empty() {
            return None;
        }
        let pause = match &mut self.pauses {
            Some(pauses) => pauses.next(),
            none => {
                *none = Some(Pauses::up_to(longest_pause));
                Duration::ZERO
            }
        };
        Some((months, pause))
    }

    /// What came of a try to make partitions.
    pub(crate) fn tried(&mut self, outcome: MadeMonths, state: &DomainState) {
        self.ready.extend(outcome.made);
        if let Some(error) = outcome.failed {
            if !self.is_told {
                warn!(
                    domain = %state.domain,
                    events = self.events.len(),
                    %error,
                    "events wait for a partition that can't be made: trying again until it is there",
                );
                self.is_told = true;
            }
            state.partitions.fails(trouble::not_stored(&error));
        }
    }

    /// Takes the events whose months are ready, as far as the iterator is followed.
    pub(crate) fn ready(&mut self) -> impl Iterator<Item = (Row, Original)> {
        let Self { events, ready, .. } = self;
        events.extract_if(.., |(row, _)| ready.contains(&month_of(row.occurred_at)))
    }
}
