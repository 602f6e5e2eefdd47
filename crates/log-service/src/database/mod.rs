//! The connection pool: the only place that knows which databases there are.

mod login;
mod sockets;
mod url;

use std::{io, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, AssertSqlSafe, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tracing::{info, warn};

use crate::config::{DatabaseConfig, ReadingConfig};

pub use url::{DatabaseUrl, DatabaseUrlError};

/// Why the database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It can't be reached or does not let us in.
    #[error("can't open the database ({database}): {source}")]
    Open {
        /// Which one.
        database: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// It did not answer.
    #[error("the database ({database}) did not answer within {timeout:?}")]
    TimedOut {
        /// Which one.
        database: String,
        /// The time waited.
        timeout: Duration,
    },
    /// Its schema can't be brought to this program's version.
    #[error(transparent)]
    Migrate(#[from] migration::MigrateError),
    /// It has an older schema, or none.
    #[error("the database ({0}) lacks versions of the schema: run `log-service migrate up`")]
    Pending(String),
}

impl DatabaseError {
    /// Whether it may pass by itself: the server is starting, or the network is down. A wrong password, a
    /// database that does not exist, or a newer schema does not.
    fn may_pass(&self) -> bool {
        match self {
            Self::TimedOut { .. }
            | Self::Open { source: sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut, .. } => true,
            Self::Open { source: sqlx::Error::Database(refusal), .. } => {
                // The server is starting, is stopping, or has no connection left.
                matches!(refusal.code().as_deref(), Some("57P01" | "57P02" | "57P03" | "53300"))
            }
            Self::Open { .. } | Self::Migrate(_) | Self::Pending(_) => false,
        }
    }
}

/// Connections that were idle for longer are tested before use. Busy ones are not: that would be a round trip
/// for every batch.
const IDLE: Duration = Duration::from_secs(1);
/// A server that is there answers a test at once. Without a limit, a network that has gone silent would keep the
/// pool's connections for as long as it is.
const TEST: Duration = Duration::from_secs(2);
/// The same for readers' connections that come back: the server may still be sending rows that nobody wants, as there
/// was no room for them. A few are read over; of more, it is cheaper to make a new connection.
const UNREAD: Duration = Duration::from_millis(250);
/// So many rows of SQLite are in memory that were not asked for yet.
const ROWS_AHEAD: usize = 8;

/// Opens the database and, if the configuration says so, migrates it. Waits for a database that is away.
pub async fn open_when_there(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    let mut pauses = ExponentialBuilder::default()
        .with_max_delay(Duration::from_secs(5))
        .with_jitter()
        .without_max_times()
        .build();
    let mut waiting = false;
    loop {
        match open_and_migrate(config).await {
            Err(error) if error.may_pass() => {
                if !waiting {
                    warn!(%error, "the database is away: waiting for it");
                    waiting = true;
                }
                tokio::time::sleep(pauses.next().unwrap_or_default()).await;
            }
            outcome => return outcome,
        }
    }
}

async fn open_and_migrate(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    if !config.migrate_at_start {
        return open_migrated(config).await;
    }
    let db = open(config).await?;
    for version in migration::up(&db, &config.schema).await? {
        info!(version, "migrated the database");
    }
    Ok(db)
}

/// Opens a database that has this program's schema.
pub async fn open_migrated(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    let db = open(config).await?;
    if migration::status(&db).await?.iter().any(|version| !version.applied) {
        return Err(DatabaseError::Pending(config.url.to_string()));
    }
    Ok(db)
}

/// Opens the database as it is.
pub async fn open(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    open_as(config, &config.for_writing(), Use::writing(config)).await
}

/// Opens the original service's database: one connection, which can't write.
pub async fn open_original(
    config: &DatabaseConfig,
    url: &DatabaseUrl,
) -> Result<DatabaseConnection, DatabaseError> {
    let usage = Use { is_reading: true, max_connections: 1, timeout: config.timeout() };
    open_as(config, url, usage).await
}

/// Opens the database, or its replica, for readers: connections of their own, which can't write.
pub async fn open_for_reading(
    config: &DatabaseConfig,
    reading: &ReadingConfig,
) -> Result<DatabaseConnection, DatabaseError> {
    open_as(config, &config.for_reading(), Use::reading(reading)).await
}

/// The same for a service that also stores: a replica that is away does not keep it from that. Questions are refused
/// until the replica is there.
pub async fn open_for_reading_beside_storing(
    config: &DatabaseConfig,
    reading: &ReadingConfig,
) -> Result<DatabaseConnection, DatabaseError> {
    match (open_for_reading(config, reading).await, &config.read_url) {
        (Err(error), Some(DatabaseUrl::Postgres(replica))) if error.may_pass() => {
            warn!(%error, "the database for reading is away: questions are refused until it is there");
            let (pool, options) = postgres_pool(config, &replica.options, Use::reading(reading));
            Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options)))
        }
        (outcome, _) => outcome,
    }
}

/// What connections are for.
#[derive(Clone, Copy)]
struct Use {
    is_reading: bool,
    max_connections: u32,
    timeout: Duration,
}

impl Use {
    fn writing(config: &DatabaseConfig) -> Self {
        Self { is_reading: false, max_connections: config.max_connections.get(), timeout: config.timeout() }
    }

    fn reading(config: &ReadingConfig) -> Self {
        Self { is_reading: true, max_connections: config.max_connections.get(), timeout: config.timeout() }
    }
}

async fn open_as(
    config: &DatabaseConfig,
    url: &DatabaseUrl,
    usage: Use,
) -> Result<DatabaseConnection, DatabaseError> {
    let opening = async {
        match url {
            DatabaseUrl::Postgres(server) => open_postgres(config, &server.options, usage).await,
            DatabaseUrl::Sqlite(options) => open_sqlite(options, usage).await,
        }
    };
    let database = || url.to_string();
    let timeout = config.timeout();
    tokio::time::timeout(timeout, opening)
        .await
        .map_err(|_| DatabaseError::TimedOut { database: database(), timeout })?
        .map_err(|source| DatabaseError::Open { database: database(), source })
}

async fn open_postgres(
    config: &DatabaseConfig,
    options: &PgConnectOptions,
    usage: Use,
) -> Result<DatabaseConnection, sqlx::Error> {
    let (pool, options) = postgres_pool(config, options, usage);
    // The pool would try again and again, and then only say that it took too long.
    PgConnection::connect_with(&options).await?.close().await?;
    let pool = pool.connect_with(options).await?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// How connections are pooled, and what each connects with.
fn postgres_pool(
    config: &DatabaseConfig,
    options: &PgConnectOptions,
    usage: Use,
) -> (PgPoolOptions, PgConnectOptions) {
    let options = options.clone().application_name("log-service");
    let (host, port) = (options.get_host().to_owned(), options.get_port());
    let is_tcp = options.get_socket().is_none() && !host.starts_with('/');
    let session = session_settings(config, usage);
    let timeout = config.timeout();
    let pool = PgPoolOptions::new()
        .max_connections(usage.max_connections)
        .acquire_timeout(usage.timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > IDLE {
                    test(connection, TEST).await?;
                }
                Ok(true)
            })
        })
        // The pool tests each connection that comes back, as a statement that was given up may still be running,
        // and waits without a limit. This one goes before it.
        .after_release(move |connection, _| {
            Box::pin(async move {
                if usage.is_reading {
                    return Ok(test(connection, UNREAD).await.is_ok());
                }
                test(connection, TEST).await.map(|()| true)
            })
        })
        .after_connect(move |connection, _| {
            let (host, session) = (host.clone(), session.clone());
            Box::pin(async move {
                // Slower, but no reason to go without a database.
                if is_tcp && let Err(error) = sockets::set_options(&host, port, timeout).await {
                    warn!(%error, "options of the sockets to PostgreSQL can't be set: large batches may be slow over TLS");
                }
                connection.execute(AssertSqlSafe(session)).await?;
                Ok(())
            })
        });
    (pool, options)
}

async fn test(connection: &mut PgConnection, within: Duration) -> sqlx::Result<()> {
    let in_time = tokio::time::timeout(within, connection.ping()).await;
    in_time.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Where names are looked up, how long the server lets a statement run, and what it may do.
fn session_settings(config: &DatabaseConfig, usage: Use) -> String {
    format!(
        "SET search_path TO \"{}\", pg_temp; SET statement_timeout TO {}; SET default_transaction_read_only TO {}",
        config.schema.replace('"', "\"\""),
        usage.timeout.as_millis(),
        if usage.is_reading { "on" } else { "off" },
    )
}

async fn open_sqlite(options: &SqliteConnectOptions, usage: Use) -> Result<DatabaseConnection, sqlx::Error> {
    let options = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk when it returns: the message is acknowledged after it.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(usage.timeout)
        .pragma("query_only", if usage.is_reading { "ON" } else { "OFF" });
    let options = if usage.is_reading { options.row_buffer_size(ROWS_AHEAD) } else { options };
    // SQLite has one writer at a time. One connection lets the domains take turns in order.
    let connections = if usage.is_reading { usage.max_connections } else { 1 };
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(usage.timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

#[cfg(test)]
mod tests {
    use test_servers::PostgreSql;

    use crate::config::{Config, Loaded};

    /// A server that offers TLS, and a configuration that insists on it.
    pub(super) fn postgres_with_tls() -> (PostgreSql, Config) {
        let server = PostgreSql::start_with_tls();
        let url = format!("{}?sslmode=require", server.database("log"));
        let config =
            Loaded::read_from(None, [("DB_URL".into(), url.into())].into_iter(), &[]).unwrap().config;
        (server, config)
    }
}
