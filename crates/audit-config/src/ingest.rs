use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

use audit_core::store::DomainLog;
use audit_ingest::Zones;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Bounded, error::Invalid};

/// Section `[ingest]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IngestConfig {
    /// The most rows in one transaction.
    pub max_batch: Bounded<u16, 1, 2000>,
    /// The largest body that is read.
    pub max_body_bytes: Bounded<usize, 1024, 16_777_216>,
    naive_time_zone: Tz,
    naive_time_zones: HashMap<String, Tz>,
    /// Actions that are not stored.
    #[serde(serialize_with = "in_order")]
    pub read_actions: HashSet<String>,
    max_pause_seconds: Bounded<u64, 1, 600>,
    shutdown_seconds: Bounded<u64, 1, 3600>,
}

fn in_order<S: Serializer>(actions: &HashSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    actions.iter().collect::<BTreeSet<_>>().serialize(serializer)
}

impl IngestConfig {
    /// How times without a zone are read.
    #[must_use]
    pub fn zones(&self) -> Zones {
        Zones { default: self.naive_time_zone, by_domain: self.naive_time_zones.clone() }
    }

    /// The longest pause between two tries.
    #[must_use]
    pub fn max_pause(&self) -> Duration {
        Duration::from_secs(self.max_pause_seconds.get())
    }

    /// The longest that shutting down may take.
    #[must_use]
    pub fn shutdown_time(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds.get())
    }

    /// Refuses zones for unknown domains: their names are misspelt.
    pub(crate) fn check_domains(&self, domains: &[DomainLog]) -> Result<(), Invalid> {
        let names: Vec<_> = domains.iter().map(|log| log.domain().name()).collect();
        match self.naive_time_zones.keys().find(|name| !names.contains(&name.as_str())) {
            Some(unknown) => Err(Invalid::new(
                "ingest.naive_time_zones",
                format!("`{unknown}` is no domain; the domains are {}", names.join(", ")),
            )),
            None => Ok(()),
        }
    }
}
