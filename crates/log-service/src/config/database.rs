use std::time::Duration;

use audit_core::store::MonthsAhead;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{bounded::Bounded, month::Month, show::hidden};
use crate::database::{DatabaseUrl, DatabaseUrlError};

/// Section `[database]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// Which database.
    pub url: DatabaseUrl,
    /// Where it is read, if that is another one: a replica.
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
    /// What to do when the role could change the log.
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
    /// Say so.
    Warn,
    /// Say so, and do not start.
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

/// Why a database can't be read at `read_url`.
#[derive(Debug, thiserror::Error)]
pub enum ReadUrlError {
    /// SQLite has no replicas.
    #[error("only PostgreSQL has replicas: both this and database.url must start with postgres://")]
    NotPostgres,
    /// With the user of the other URL it can't be read.
    #[error(transparent)]
    Unreadable(#[from] DatabaseUrlError),
}

impl DatabaseConfig {
    /// Where it is read, and as whom.
    #[must_use]
    pub fn for_reading(&self) -> &DatabaseUrl {
        self.read_url.as_ref().unwrap_or(&self.url)
    }

    /// Adds to the URLs what other keys say, and to the replica's what it leaves to the main one: who connects.
    pub(super) fn complete(&mut self) -> Result<(), ReadUrlError> {
        self.read_url = match (&self.url, self.read_url.take()) {
            (_, None) => None,
            (DatabaseUrl::Postgres(main), Some(DatabaseUrl::Postgres(replica))) if !replica.names_user() => {
                let replica = DatabaseUrl::Postgres(Box::new(replica.with_login_of(main)?));
                Some(replica.for_user(&self.username, &self.password))
            }
            (DatabaseUrl::Postgres(_), Some(replica @ DatabaseUrl::Postgres(_))) => Some(replica),
            (_, Some(_)) => return Err(ReadUrlError::NotPostgres),
        };
        self.url = self.url.clone().for_user(&self.username, &self.password);
        Ok(())
    }

    /// How far ahead an event's time may lie, and how far ahead partitions are made.
    #[must_use]
    pub fn months_ahead(&self) -> MonthsAhead {
        MonthsAhead(self.months_ahead.get())
    }

    /// How long after one look at what the role could do the next one comes.
    #[must_use]
    pub fn role_check_time(&self) -> Duration {
        Duration::from_secs(self.role_check_seconds.get())
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        match (&self.url, self.powerful_role) {
            (DatabaseUrl::Sqlite(_), PowerfulRole::Refuse) => Err((
                "database.powerful_role",
                "SQLite has no roles: whoever may write its file can change the log; use PostgreSQL, or \"warn\"".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// The longest that one statement may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.get())
    }
}
