use std::{io, time::Duration};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It can't be reached, or refuses the connection.
    #[error("can't open the database ({database}): {source}")]
    Open {
        /// Which one.
        database: String,
        /// What the driver reports.
        source: sqlx::Error,
    },
    /// Its file can't be used.
    #[error("can't open the database ({database}): {source}")]
    File {
        /// Which one.
        database: String,
        /// What the system reports.
        source: io::Error,
    },
    /// It did not answer.
    #[error("the database ({database}) did not answer within {timeout:?}")]
    TimedOut {
        /// Which one.
        database: String,
        /// The time waited.
        timeout: Duration,
    },
    /// Its encoding lacks characters.
    #[error(
        "the database ({database}) has the encoding {encoding}, which can't keep every text: make another one with \
         CREATE DATABASE … ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0, move what is stored with pg_dump and pg_restore, and \
         name it in database.url"
    )]
    NotUtf8 {
        /// Which one.
        database: String,
        /// Its encoding.
        encoding: String,
    },
    /// Its schema can't be brought to this program's version.
    #[error("{source} ({database})")]
    Migrate {
        /// Which one.
        database: String,
        /// Why.
        source: migration::MigrateError,
    },
    /// Roles can't be given their rights.
    #[error(
        "roles can't be given their rights: {source} ({database}); run it as a superuser, or as a role with CREATEROLE that is \
         a member of the tables' owner; what was done so far stays, and it can be run again"
    )]
    Roles {
        /// Which one.
        database: String,
        /// What the driver reports.
        source: sqlx::Error,
    },
    /// Its schema is older, or missing.
    #[error("the database ({0}) is not there or lacks versions of the schema: run `log-service migrate up`")]
    Pending(String),
}

impl DatabaseError {
    /// What to look at first, where the error does not say it itself.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::TimedOut { .. } => Some(UNREACHABLE),
            Self::Open { source: sqlx::Error::Database(refusal), .. } => match refusal.code().as_deref() {
                // No such role, and a wrong password.
                Some("28000" | "28P01") => Some("check database.username and database.password"),
                Some("3D000") => Some("create the database, or name another one in database.url"),
                _ => None,
            },
            Self::Open { source, .. } if is_away(source) => Some(UNREACHABLE),
            Self::Open { .. }
            | Self::File { .. }
            | Self::Migrate { .. }
            | Self::NotUtf8 { .. }
            | Self::Roles { .. }
            | Self::Pending(_) => None,
        }
    }

    /// Whether it may pass by itself, as when the server is starting or the network is down. A wrong password, an unknown
    /// certificate, a database that does not exist, or a newer schema does not.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::TimedOut { .. } => true,
            Self::Open { source, .. } => is_away(source),
            Self::Migrate { source: migration::MigrateError::Database(error), .. } => match error {
                DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
                DbErr::Conn(RuntimeErr::SqlxError(error))
                | DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error)) => is_away(error),
                _ => false,
            },
            Self::File { .. }
            | Self::Migrate { .. }
            | Self::NotUtf8 { .. }
            | Self::Roles { .. }
            | Self::Pending(_) => false,
        }
    }
}

const UNREACHABLE: &str = "check that the server runs and can be reached, and database.url";

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        // A refused certificate is reported as invalid data.
        sqlx::Error::Io(error) => error.kind() != io::ErrorKind::InvalidData,
        sqlx::Error::PoolTimedOut => true,
        // The server is starting, is stopping, or has no connection left, be it for this role or database alone.
        sqlx::Error::Database(refusal) => {
            matches!(refusal.code().as_deref(), Some("57P01" | "57P02" | "57P03" | "53300"))
        }
        _ => false,
    }
}
