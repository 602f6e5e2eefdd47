use std::collections::HashSet;

use audit_core::publish::PublishError;
use sea_orm::prelude::Uuid;

use super::error::RelayError;
use crate::entity::Model;

/// After so many events that were not taken, a pass ends: something larger is wrong.
const MOST: usize = 10_000;

/// What the broker did not take in a pass. Later events of the same resources are left where they are.
#[derive(Debug, Default)]
pub(super) struct Held {
    resources: HashSet<String>,
    events: usize,
    first: Option<(Uuid, PublishError)>,
}

impl Held {
    pub(super) fn add(&mut self, row: &Model, error: PublishError) {
        self.events += 1;
        self.resources.extend(row.resource.clone());
        self.first.get_or_insert((row.event_id, error));
    }

    pub(super) fn has_before(&self, row: &Model) -> bool {
        row.resource.as_ref().is_some_and(|resource| self.resources.contains(resource))
    }

    pub(super) fn is_full(&self) -> bool {
        self.events >= MOST
    }

    pub(super) fn into_result(self) -> Result<(), RelayError> {
        match self.first {
            Some((event, source)) => {
                Err(RelayError::Held { events: self.events, event, source: Box::new(source) })
            }
            None => Ok(()),
        }
    }
}
