use std::collections::HashSet;

use audit_core::publish::PublishError;
use sea_orm::prelude::Uuid;

use super::error::RelayError;
use crate::entity::Model;

/// After this many rejected events, draining ends: something larger is wrong.
const MAX_REJECTED: usize = 10_000;

/// The events that the broker rejected while the outbox was drained. Later events of the same resources stay where they
/// are.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    resources: HashSet<String>,
    events: usize,
    first: Option<(Uuid, PublishError)>,
}

impl Rejected {
    pub(super) fn add(&mut self, row: &Model, error: PublishError) {
        self.events += 1;
        self.resources.extend(row.resource.clone());
        self.first.get_or_insert((row.event_id, error));
    }

    /// Whether an earlier event of the same resource was rejected.
    pub(super) fn blocks(&self, row: &Model) -> bool {
        row.resource.as_ref().is_some_and(|resource| self.resources.contains(resource))
    }

    pub(super) fn is_full(&self) -> bool {
        self.events >= MAX_REJECTED
    }

    pub(super) fn into_result(self) -> Result<(), RelayError> {
        match self.first {
            Some((event, source)) => {
                Err(RelayError::Rejected { events: self.events, event, source: Box::new(source) })
            }
            None => Ok(()),
        }
    }
}
