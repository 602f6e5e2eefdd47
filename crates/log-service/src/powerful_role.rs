//! What the database's role could do to the log on PostgreSQL: found out at the start, and from then on.

use std::{fmt, sync::Arc, time::Duration};

use audit_core::store::DomainLog;
use audit_ingest::Condition;
use audit_query::AccessLog;
use metrics::{describe_gauge, gauge};
use migration::{Power, Powers};
use sea_orm::{DatabaseConnection, DbBackend, DbErr};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::{
    config::{DatabaseConfig, PowerfulRole},
    domains::all,
};

const METRIC: &str = "log_service_powerful_role";

/// In words that everybody may read: which role it is, and what it could do, is for the log.
const COULD_CHANGE_THE_LOG: &str = "the database's role could change the log";

/// Why the service does not run as this role.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// It could change the log.
    #[error("database.powerful_role = \"refuse\": {}", Listed(.0))]
    Powerful(Powers),
    /// Nobody knows whether it could.
    #[error(transparent)]
    Unknown(#[from] UnknownPowers),
}

/// Why it is not known what a role could do.
#[derive(Debug, thiserror::Error)]
pub enum UnknownPowers {
    /// The database does not say.
    #[error("can't find out what the database's role could do to the log: {0}")]
    Database(#[from] DbErr),
    /// It takes too long.
    #[error("can't find out what the database's role could do to the log: no answer within {0:?}")]
    TimedOut(Duration),
}

/// What a role could do, a line each.
pub struct Listed<'p>(pub &'p Powers);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role {} could change the log, as it", self.0.role)?;
        self.0.powers.iter().try_for_each(|power| write!(f, "\n- {power}"))
    }
}

/// Finds out what the connection's role could do to the log. PostgreSQL only.
pub async fn powers(db: &DatabaseConnection, config: &DatabaseConfig) -> Result<Powers, UnknownPowers> {
    let (domains, access_log) = (all(), AccessLog::table().table);
    let tables = domains.iter().map(DomainLog::table).chain([&access_log]);
    let tables: Vec<_> = tables.map(|table| table.name).collect();
    let answer = timeout(config.timeout(), migration::powers(db, &config.schema, &tables)).await;
    Ok(answer.map_err(|_| UnknownPowers::TimedOut(config.timeout()))??)
}

/// Looks what the service's role could do, from time to time.
#[derive(Debug)]
pub struct RoleWatch<'c> {
    db: DatabaseConnection,
    config: &'c DatabaseConfig,
    is_harmless: Arc<Condition>,
    /// What was logged last.
    told: Vec<Power>,
}

impl<'c> RoleWatch<'c> {
    /// Looks for the first time. SQLite has no roles.
    pub async fn begin(
        db: &DatabaseConnection,
        config: &'c DatabaseConfig,
    ) -> Result<Option<Self>, RoleError> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        describe_gauge!(METRIC, "Whether the database's role could change the log; PostgreSQL only.");
        let is_harmless = Arc::new(Condition::holding(gauge!(METRIC)));
        let mut role = Self { db: db.clone(), config, is_harmless, told: Vec::new() };
        match (powers(db, config).await, config.powerful_role) {
            (Ok(found), PowerfulRole::Refuse) if !found.powers.is_empty() => {
                return Err(RoleError::Powerful(found));
            }
            (Ok(found), _) => role.tell(found),
            (Err(error), PowerfulRole::Refuse) => return Err(error.into()),
            (Err(error), PowerfulRole::Warn) => {
                warn!(%error, "the database's role is not known: the next look comes");
            }
        }
        Ok(Some(role))
    }

    /// Holds as long as the role can add to the log, and change nothing in it.
    pub fn is_harmless(&self) -> Arc<Condition> {
        Arc::clone(&self.is_harmless)
    }

    /// Looks again and again. Events are stored whatever is found: else somebody who gives a right could stop the log.
    /// Never returns.
    pub async fn watch(mut self) {
        loop {
            sleep(self.config.role_check_time()).await;
            match powers(&self.db, self.config).await {
                Ok(found) => self.tell(found),
                Err(error) => warn!(%error, "the database's role is not known: the next look comes"),
            }
        }
    }

    /// Whoever asks is told always, and the log when something has changed.
    fn tell(&mut self, found: Powers) {
        if found.powers.is_empty() {
            self.is_harmless.holds();
            if !self.told.is_empty() {
                info!(role = found.role, "the database's role can't change the log any more");
            }
        } else {
            self.is_harmless.fails(COULD_CHANGE_THE_LOG);
            if found.powers != self.told {
                let next_start = match self.config.powerful_role {
                    PowerfulRole::Refuse => "; events are stored meanwhile, and the next start is refused",
                    PowerfulRole::Warn => "",
                };
                warn!("{}{next_start}", Listed(&found));
            }
        }
        self.told = found.powers;
    }
}
