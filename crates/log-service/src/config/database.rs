use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::bounded::Bounded;
use crate::database::DatabaseUrl;

/// Section `[database]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Which database.
    pub url: DatabaseUrl,
    /// The user; empty for the one of the URL.
    pub username: String,
    /// The user's password; empty for the one of the URL.
    pub password: SecretString,
    /// The schema on PostgreSQL.
    pub schema: String,
    /// The most connections to PostgreSQL.
    pub max_connections: Bounded<u32, 1, 1000>,
    timeout_seconds: Bounded<u64, 1, 3600>,
    /// Whether `serve` migrates.
    pub migrate_at_start: bool,
    /// How many months of partitions are made ahead.
    pub months_ahead: Bounded<u32, 0, 120>,
}

impl DatabaseConfig {
    /// The longest that one statement may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.get())
    }
}
