//! The connection pool: the only place that knows which databases there are.

mod error;
mod parameters;
mod postgres_url;
mod sockets;
mod sqlite_url;
mod url;
mod url_error;

use std::{io, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use migration::{MigrateError, OtherLogs};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, AssertSqlSafe, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tracing::{info, warn};

use crate::config::{DatabaseConfig, ReadingConfig};

pub use error::DatabaseError;
pub use parameters::{is_understood, may_be_shown};
pub use url::DatabaseUrl;
pub use url_error::DatabaseUrlError;

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
    tell_what_has_no_effect(config);
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

fn tell_what_has_no_effect(config: &DatabaseConfig) {
    for url in [Some(&config.url), config.read_url.as_ref()].into_iter().flatten() {
        if let DatabaseUrl::Postgres(server) = url
            && !server.without_effect().is_empty()
        {
            info!(
                parameters = server.without_effect().join(", "),
                "parameters of the database's URL have no effect: the schema and time-outs are keys of the configuration",
            );
        }
    }
}

async fn open_and_migrate(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    if !config.migrate_at_start {
        return open_migrated(config).await;
    }
    let db = open(config).await?;
    let added = migration::up(&db, &config.schema, OtherLogs::Refused).await;
    for version in added.map_err(|source| cant_migrate(config, source))? {
        info!(version, "migrated the database");
    }
    Ok(db)
}

/// Opens a database that has this program's schema.
pub async fn open_migrated(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    let db = open_as(config, &config.url, Use { may_make: false, ..Use::writing(config) }).await?;
    let versions = migration::status(&db, &config.schema, OtherLogs::Refused).await;
    let versions = versions.map_err(|source| cant_migrate(config, source))?;
    if versions.iter().any(|version| !version.applied) {
        return Err(DatabaseError::Pending(config.url.to_string()));
    }
    Ok(db)
}

fn cant_migrate(config: &DatabaseConfig, source: MigrateError) -> DatabaseError {
    DatabaseError::Migrate { database: config.url.to_string(), source }
}

/// Opens the database as it is; an SQLite file that is not there is made.
pub async fn open(config: &DatabaseConfig) -> Result<DatabaseConnection, DatabaseError> {
    open_as(config, &config.url, Use::writing(config)).await
}

/// Runs statements that commit by themselves, one after the other in one session. PostgreSQL only.
pub async fn run(config: &DatabaseConfig, statements: &[String]) -> Result<(), DatabaseError> {
    let failed = |source| DatabaseError::Roles { database: config.url.to_string(), source };
    let db = open(config).await?;
    let mut connection = db.get_postgres_connection_pool().acquire().await.map_err(failed)?;
    for statement in statements {
        connection.execute(AssertSqlSafe(statement.as_str())).await.map_err(failed)?;
    }
    connection.close().await.map_err(failed)
}

/// Opens the original service's database: one connection, which can't write.
pub async fn open_original(
    config: &DatabaseConfig,
    url: &DatabaseUrl,
) -> Result<DatabaseConnection, DatabaseError> {
    open_as(config, url, Use::original(config)).await
}

/// Opens the database, or its replica, for readers: connections of their own, which can't write.
pub async fn open_for_reading(
    config: &DatabaseConfig,
    reading: &ReadingConfig,
) -> Result<DatabaseConnection, DatabaseError> {
    open_as(config, config.for_reading(), Use::reading(reading)).await
}

/// The same for a service that also stores: a replica that is away, or a database that has no connection left for
/// readers, does not keep it from that. Questions are refused until they can be answered.
pub async fn open_for_reading_beside_storing(
    config: &DatabaseConfig,
    reading: &ReadingConfig,
) -> Result<DatabaseConnection, DatabaseError> {
    match (open_for_reading(config, reading).await, config.for_reading()) {
        (Err(error), DatabaseUrl::Postgres(server)) if error.may_pass() => {
            warn!(%error, "the database for reading is away: questions are refused until it is there");
            let (pool, options) = postgres_pool(config, &server.options, Use::reading(reading));
            Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options)))
        }
        (outcome, _) => outcome,
    }
}

/// The replica for readers, if there is one: a connection for asking whether it is there. It is made once somebody asks,
/// and is none of the readers', who may use all of theirs.
pub fn watched_replica(config: &DatabaseConfig) -> Option<DatabaseConnection> {
    let Some(DatabaseUrl::Postgres(replica)) = &config.read_url else { return None };
    let usage = Use {
        is_reading: true,
        may_make: false,
        any_encoding: false,
        max_connections: 1,
        timeout: config.timeout(),
    };
    let (pool, options) = postgres_pool(config, &replica.options, usage);
    Some(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options)))
}

/// What connections are for.
#[derive(Clone, Copy)]
struct Use {
    is_reading: bool,
    /// Whether an SQLite file is made that is not there: without a schema it is of no use but to who makes that.
    may_make: bool,
    /// The original may have kept its log in any encoding: the server translates it.
    any_encoding: bool,
    max_connections: u32,
    timeout: Duration,
}

impl Use {
    fn writing(config: &DatabaseConfig) -> Self {
        let (max_connections, timeout) = (config.max_connections.get(), config.timeout());
        Self { is_reading: false, may_make: true, any_encoding: false, max_connections, timeout }
    }

    fn reading(config: &ReadingConfig) -> Self {
        let (max_connections, timeout) = (config.max_connections.get(), config.timeout());
        Self { is_reading: true, may_make: false, any_encoding: false, max_connections, timeout }
    }

    fn original(config: &DatabaseConfig) -> Self {
        Self {
            is_reading: true,
            may_make: false,
            any_encoding: true,
            max_connections: 1,
            timeout: config.timeout(),
        }
    }
}

async fn open_as(
    config: &DatabaseConfig,
    url: &DatabaseUrl,
    usage: Use,
) -> Result<DatabaseConnection, DatabaseError> {
    let failed = |source| DatabaseError::Open { database: url.to_string(), source };
    let opening = async {
        match url {
            DatabaseUrl::Postgres(server) => {
                let (pool, options) = postgres_pool(config, &server.options, usage);
                // The pool would try again and again, and then only say that it took too long.
                let mut connection = PgConnection::connect_with(&options).await.map_err(failed)?;
                let encoding = encoding(&mut connection).await.map_err(failed)?;
                if encoding != "UTF8" && !usage.any_encoding {
                    return Err(DatabaseError::NotUtf8 { database: url.to_string(), encoding });
                }
                connection.close().await.map_err(failed)?;
                let pool = pool.connect_with(options).await.map_err(failed)?;
                Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
            }
            DatabaseUrl::Sqlite(file) => {
                file.keep_private(usage.may_make).map_err(|source| match source.kind() {
                    io::ErrorKind::NotFound if !usage.may_make => DatabaseError::Pending(url.to_string()),
                    _ => DatabaseError::File { database: url.to_string(), source },
                })?;
                open_sqlite(&file.options, usage).await.map_err(failed)
            }
        }
    };
    let timeout = config.timeout();
    let in_time = tokio::time::timeout(timeout, opening).await;
    in_time.unwrap_or_else(|_| Err(DatabaseError::TimedOut { database: url.to_string(), timeout }))
}

/// Any but UTF-8 has no place for most characters, or does not know what they are.
async fn encoding(connection: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await
}

/// How connections are pooled, and what each connects with.
fn postgres_pool(
    config: &DatabaseConfig,
    options: &PgConnectOptions,
    usage: Use,
) -> (PgPoolOptions, PgConnectOptions) {
    let mut options = options.clone();
    if options.get_application_name().is_none() {
        options = options.application_name("log-service");
    }
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

/// Where names are looked up, which months have partitions of their own, how long the server lets a statement run, and
/// what it may do.
///
/// Who writes looks everything up by an index, and has one plan for a statement, whatever its values: to make one for each
/// batch would take longer than to look up what is stored.
fn session_settings(config: &DatabaseConfig, usage: Use) -> String {
    let rights_and_plans = if usage.is_reading {
        "SET default_transaction_read_only TO on"
    } else {
        "SET default_transaction_read_only TO off; SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off"
    };
    format!(
        "SET search_path TO \"{}\", pg_temp; SET log_service.first_month TO '{}'; SET statement_timeout TO {}; \
         {rights_and_plans}",
        config.schema.replace('"', "\"\""),
        config.first_month,
        usage.timeout.as_millis(),
    )
}

async fn open_sqlite(
    options: &sqlx::sqlite::SqliteConnectOptions,
    usage: Use,
) -> Result<DatabaseConnection, sqlx::Error> {
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
