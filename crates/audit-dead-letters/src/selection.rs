use std::collections::BTreeSet;

use audit_core::Domain;

use crate::{DeadLetter, LetterId};

/// A selection of dead letters. A letter must match any value of each kind that has values. Without values, all are
/// selected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Letters of these domains.
    pub domains: BTreeSet<Domain>,
    /// Letters with these reason codes.
    pub reasons: BTreeSet<String>,
    /// Letters with these ids.
    pub ids: BTreeSet<LetterId>,
}

impl Selection {
    /// Selects a single letter.
    #[must_use]
    pub fn one(domain: Domain, id: LetterId) -> Self {
        Self { domains: [domain].into(), ids: [id].into(), ..Self::default() }
    }

    /// Whether all letters are selected.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.domains.is_empty() && self.reasons.is_empty() && self.ids.is_empty()
    }

    pub(crate) fn includes(&self, domain: Domain) -> bool {
        self.domains.is_empty() || self.domains.contains(&domain)
    }

    pub(crate) fn matches(&self, letter: &DeadLetter) -> bool {
        self.includes(letter.domain)
            && (self.reasons.is_empty() || self.reasons.contains(letter.reason.as_str()))
            && (self.ids.is_empty() || self.ids.contains(&letter.id))
    }
}
