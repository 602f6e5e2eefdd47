use std::time::Duration;

use audit_core::store::MonthsAhead;
use audit_database::{DatabaseUrl, DatabaseUrlError, Month, PoolSettings};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Bounded, error::Invalid, show::hidden};

/// Section `[database]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The main database.
    pub url: DatabaseUrl,
    /// The replica that readers ask, if there is one.
    #[serde(deserialize_with = "unless_empty", serialize_with = "or_empty")]
    pub read_url: Option<DatabaseUrl>,
    username: String,
    #[serde(serialize_with = "hidden")]
    password: SecretString,
    /// The schema on PostgreSQL.
    pub schema: String,
    /// The most connections to PostgreSQL.
    pub max_connections: Bounded<u32, 1, 1000>,
    timeout_seconds: Bounded<u64, 1, 3600>,
    /// Whether `serve` migrates.
    pub migrate_at_start: bool,
    /// What to do when the database's role could change the log.
    pub powerful_role: PowerfulRole,
    role_check_seconds: Bounded<u64, 1, 86_400>,
    months_ahead: Bounded<u32, 1, 24>,
    /// The first month that has a partition of its own.
    pub first_month: Month,
}

/// What to do when the role that the service runs as could change the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PowerfulRole {
    /// Log a warning.
    Warn,
    /// Log a warning, and do not start.
    Refuse,
}

fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DatabaseUrl>, D::Error> {
    let url = String::deserialize(deserializer)?;
    if url.is_empty() { Ok(None) } else { url.parse().map(Some).map_err(de::Error::custom) }
}

#[expect(clippy::ref_option, reason = "serde's form")]
fn or_empty<S: Serializer>(url: &Option<DatabaseUrl>, serializer: S) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => url.serialize(serializer),
        None => serializer.serialize_str(""),
    }
}

impl DatabaseConfig {
    /// Adds the user and password of other keys to the URLs. The replica's has those of the main one unless it names its
    /// own.
    pub(crate) fn complete(&mut self) -> Result<(), Invalid> {
        let unreadable = |error: DatabaseUrlError| Invalid::new("database.read_url", error.to_string());
        self.read_url = match (&self.url, self.read_url.take()) {
            (_, None) => None,
            (DatabaseUrl::Postgres(main), Some(DatabaseUrl::Postgres(replica))) if !replica.names_user() => {
                let replica = replica.with_login_of(main).map_err(unreadable)?;
                Some(DatabaseUrl::Postgres(Box::new(replica)).for_user(&self.username, &self.password))
            }
            (DatabaseUrl::Postgres(_), Some(replica @ DatabaseUrl::Postgres(_))) => Some(replica),
            (_, Some(_)) => {
                return Err(Invalid::new(
                    "database.read_url",
                    "only PostgreSQL has replicas: both this and database.url must start with postgres://",
                ));
            }
        };
        self.url = self.url.clone().for_user(&self.username, &self.password);
        Ok(())
    }

    /// How far ahead an event's time may lie, and how far ahead partitions are made.
    #[must_use]
    pub fn months_ahead(&self) -> MonthsAhead {
        MonthsAhead(self.months_ahead.get())
    }

    /// How often the role's powers are checked.
    #[must_use]
    pub fn role_check_interval(&self) -> Duration {
        Duration::from_secs(self.role_check_seconds.get())
    }

    /// The longest that one statement may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.get())
    }

    /// The bounds of the pool that writes.
    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings { max_connections: self.max_connections.get(), timeout: self.timeout() }
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match (&self.url, self.powerful_role) {
            (DatabaseUrl::Sqlite(_), PowerfulRole::Refuse) => Err(Invalid::new(
                "database.powerful_role",
                "SQLite has no roles: whoever may write its file can change the log; use PostgreSQL, or \"warn\"",
            )),
            _ => Ok(()),
        }
    }
}
