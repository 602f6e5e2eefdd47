//! Checks from time to time what the database's role could do to the log on PostgreSQL.

use std::sync::Arc;

use audit_config::{DatabaseConfig, PowerfulRole};
use audit_database::{Database, PowerList, RoleError};
use audit_ingest::Condition;
use metrics::{describe_gauge, gauge};
use migration::{Power, Powers};
use sea_orm::{DatabaseConnection, DbBackend};
use tokio::time::sleep;
use tracing::{info, warn};

const METRIC: &str = "log_service_powerful_role";

/// A reason that everybody may read. Which role it is, and what it could do, is for the log.
const COULD_CHANGE_THE_LOG: &str = "the database's role could change the log";

/// Why the service does not run as this role.
#[derive(Debug, thiserror::Error)]
pub enum RoleRejection {
    /// It could change the log.
    #[error("database.powerful_role = \"refuse\": {}", PowerList(.0))]
    Powerful(Powers),
    /// It is unknown whether it could.
    #[error(transparent)]
    Unknown(#[from] RoleError),
}

/// Watches what the service's role could do.
#[derive(Debug)]
pub struct RoleWatch<'c> {
    db: DatabaseConnection,
    database: Database,
    tables: Vec<&'static str>,
    config: &'c DatabaseConfig,
    is_harmless: Arc<Condition>,
    /// What was logged last.
    logged: Vec<Power>,
}

impl<'c> RoleWatch<'c> {
    /// Checks for the first time. SQLite has no roles.
    pub async fn start(
        db: &DatabaseConnection,
        database: Database,
        tables: Vec<&'static str>,
        config: &'c DatabaseConfig,
    ) -> Result<Option<Self>, RoleRejection> {
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        describe_gauge!(METRIC, "Whether the database's role could change the log; PostgreSQL only.");
        let is_harmless = Arc::new(Condition::holding(gauge!(METRIC)));
        let mut watch = Self { db: db.clone(), database, tables, config, is_harmless, logged: Vec::new() };
        match (watch.powers().await, config.powerful_role) {
            (Ok(found), PowerfulRole::Refuse) if !found.powers.is_empty() => {
                return Err(RoleRejection::Powerful(found));
            }
            (Ok(found), _) => watch.report(found),
            (Err(error), PowerfulRole::Refuse) => return Err(error.into()),
            (Err(error), PowerfulRole::Warn) => {
                warn!(%error, "the database's role is not known: the next look comes");
            }
        }
        Ok(Some(watch))
    }

    async fn powers(&self) -> Result<Powers, RoleError> {
        self.database.role_powers(&self.db, &self.tables).await
    }

    /// Holds as long as the role can add to the log, and change nothing in it.
    pub fn is_harmless(&self) -> Arc<Condition> {
        Arc::clone(&self.is_harmless)
    }

    /// Checks again and again. Events are stored whatever is found: otherwise a right given to the role could stop the
    /// log. Never returns.
    pub async fn watch(mut self) {
        loop {
            sleep(self.config.role_check_interval()).await;
            match self.powers().await {
                Ok(found) => self.report(found),
                Err(error) => warn!(%error, "the database's role is not known: the next look comes"),
            }
        }
    }

    /// Sets the condition, and logs what has changed.
    fn report(&mut self, found: Powers) {
        if found.powers.is_empty() {
            self.is_harmless.holds();
            if !self.logged.is_empty() {
                info!(role = found.role, "the database's role can't change the log any more");
            }
        } else {
            self.is_harmless.fails(COULD_CHANGE_THE_LOG);
            if found.powers != self.logged {
                let next_start = match self.config.powerful_role {
                    PowerfulRole::Refuse => "; events are stored meanwhile, and the next start is refused",
                    PowerfulRole::Warn => "",
                };
                warn!("{}{next_start}", PowerList(&found));
            }
        }
        self.logged = found.powers;
    }
}
