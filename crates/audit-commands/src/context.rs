use audit_config::Config;
use audit_core::{
    Domain,
    contract::{Described, EventContract},
    store::{AuditLog, DomainLog},
};

use crate::usage::UsageError;

/// A domain of the program: how its events are stored, and what is promised about them.
#[derive(Debug)]
pub struct DomainRegistration {
    /// From body to row.
    pub log: DomainLog,
    /// Schema and samples.
    pub contract: EventContract,
}

impl DomainRegistration {
    /// The registration of a domain's log.
    #[must_use]
    pub fn of<L: AuditLog<Event: Described>>() -> Self {
        Self { log: DomainLog::of::<L>(), contract: EventContract::of::<L::Event>() }
    }
}

/// What every command works with.
pub(crate) struct Context<'c> {
    pub(crate) config: &'c Config,
    pub(crate) domains: &'c [DomainRegistration],
}

impl Context<'_> {
    /// How the events of each domain are stored.
    pub(crate) fn logs(&self) -> Vec<DomainLog> {
        self.domains.iter().map(|domain| domain.log.clone()).collect()
    }

    /// The domains that `--domain` names.
    pub(crate) fn domains_named(&self, names: &[String]) -> Result<Vec<Domain>, UsageError> {
        names.iter().map(|name| self.domain_named(name)).collect()
    }

    /// The domain that `--domain` names.
    pub(crate) fn domain_named(&self, name: &str) -> Result<Domain, UsageError> {
        let domains = || self.domains.iter().map(|domain| domain.log.domain());
        let unknown = || {
            let names: Vec<_> = domains().map(|domain| domain.to_string()).collect();
            UsageError::new("domain", format!("one of {}", names.join(", ")))
        };
        domains().find(|domain| domain.name() == name).ok_or_else(unknown)
    }
}
