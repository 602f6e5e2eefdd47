use std::{fmt, time::Duration};

use migration::Powers;
use sea_orm::{DatabaseConnection, DbErr};
use tokio::time::timeout;

use crate::Database;

/// Why it is unknown what the connection's role could do.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The database returned an error.
    #[error("can't find out what the database's role could do to the log: {0}")]
    Database(#[from] DbErr),
    /// The database did not answer in time.
    #[error("can't find out what the database's role could do to the log: no answer within {0:?}")]
    TimedOut(Duration),
}

/// What a role could do, a line each.
#[derive(Debug)]
pub struct PowerList<'p>(pub &'p Powers);

impl fmt::Display for PowerList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the role {} could change the log, as it", self.0.role)?;
        self.0.powers.iter().try_for_each(|power| write!(f, "\n- {power}"))
    }
}

impl Database {
    /// Returns what the connection's role could do to these log tables beyond adding rows. PostgreSQL only.
    pub async fn role_powers(&self, db: &DatabaseConnection, tables: &[&str]) -> Result<Powers, RoleError> {
        let within = self.settings().writers.timeout;
        let powers = timeout(within, migration::powers(db, &self.settings().schema, tables)).await;
        Ok(powers.map_err(|_| RoleError::TimedOut(within))??)
    }
}
