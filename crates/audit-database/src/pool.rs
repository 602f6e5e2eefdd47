//! The connection pools: how many connections, and what each session is set to.

use std::{io, time::Duration};

use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        self, AssertSqlSafe, Connection, Executor, PgConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tracing::warn;

use crate::{DatabaseError, PoolSettings, Settings, sockets};

/// Connections that were idle for longer are tested before use. Busy ones are not: that would be a round trip
/// for every batch.
const MAX_UNTESTED_IDLE: Duration = Duration::from_secs(1);
/// A server that is there answers a test at once. Without a limit, a network that has gone silent would keep the
/// pool's connections for as long as it is silent.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);
/// The same for readers' connections that come back: the server may still be sending rows that nobody wants, because
/// the answer was full. Reading over a few of them is cheap; for more, a new connection is cheaper.
const READER_TEST_TIMEOUT: Duration = Duration::from_millis(250);
/// The number of SQLite's rows that are read ahead.
const SQLITE_ROW_BUFFER: usize = 8;

/// What connections are for.
#[derive(Clone, Copy)]
pub(crate) struct Purpose {
    is_read_only: bool,
    /// Whether an SQLite file that does not exist is created. Without a schema it is of use only to whoever migrates it.
    pub(crate) creates_file: bool,
    /// The original may have kept its log in any encoding: the server translates it.
    accepts_any_encoding: bool,
    pool: PoolSettings,
}

impl Purpose {
    pub(crate) fn write(settings: &Settings) -> Self {
        Self { is_read_only: false, creates_file: true, accepts_any_encoding: false, pool: settings.writers }
    }

    pub(crate) fn write_existing(settings: &Settings) -> Self {
        Self { creates_file: false, ..Self::write(settings) }
    }

    pub(crate) fn read(settings: &Settings) -> Self {
        Self { is_read_only: true, creates_file: false, accepts_any_encoding: false, pool: settings.readers }
    }

    pub(crate) fn probe(settings: &Settings) -> Self {
        let pool = PoolSettings { max_connections: 1, ..settings.writers };
        Self { pool, ..Self::read(settings) }
    }

    pub(crate) fn read_original(settings: &Settings) -> Self {
        Self { accepts_any_encoding: true, ..Self::probe(settings) }
    }
}

/// Opens a pool of connections to PostgreSQL. `database` names it in errors.
pub(crate) async fn open_postgres(
    settings: &Settings,
    options: &PgConnectOptions,
    purpose: Purpose,
    database: &str,
) -> Result<DatabaseConnection, DatabaseError> {
    let failed = |source| DatabaseError::Open { database: database.to_owned(), source };
    let (pool, options) = postgres(settings, options, purpose);
    // The pool would try again and again, and in the end only report that it took too long.
    let mut connection = PgConnection::connect_with(&options).await.map_err(failed)?;
    let encoding = encoding(&mut connection).await.map_err(failed)?;
    if encoding != "UTF8" && !purpose.accepts_any_encoding {
        return Err(DatabaseError::NotUtf8 { database: database.to_owned(), encoding });
    }
    connection.close().await.map_err(failed)?;
    let pool = pool.connect_with(options).await.map_err(failed)?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Any encoding but UTF-8 lacks most characters, or does not know what they are.
async fn encoding(connection: &mut PgConnection) -> sqlx::Result<String> {
    sqlx::query_scalar("SHOW server_encoding").fetch_one(connection).await
}

/// How connections to PostgreSQL are pooled, and what each connects with.
pub(crate) fn postgres(
    settings: &Settings,
    options: &PgConnectOptions,
    purpose: Purpose,
) -> (PgPoolOptions, PgConnectOptions) {
    let mut options = options.clone();
    if options.get_application_name().is_none() {
        options = options.application_name("log-service");
    }
    let (host, port) = (options.get_host().to_owned(), options.get_port());
    let is_tcp = options.get_socket().is_none() && !host.starts_with('/');
    let session = session_settings(settings, purpose);
    let timeout = settings.writers.timeout;
    let pool = PgPoolOptions::new()
        .max_connections(purpose.pool.max_connections)
        .acquire_timeout(purpose.pool.timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > MAX_UNTESTED_IDLE {
                    test(connection, TEST_TIMEOUT).await?;
                }
                Ok(true)
            })
        })
        // The pool tests each connection that comes back, as a statement that was given up may still be running,
        // and waits without a limit. This test goes before it.
        .after_release(move |connection, _| {
            Box::pin(async move {
                if purpose.is_read_only {
                    return Ok(test(connection, READER_TEST_TIMEOUT).await.is_ok());
                }
                test(connection, TEST_TIMEOUT).await.map(|()| true)
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

async fn test(connection: &mut PgConnection, timeout: Duration) -> sqlx::Result<()> {
    let tested = tokio::time::timeout(timeout, connection.ping()).await;
    tested.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// The settings of a session: where names are looked up, which months have partitions of their own, how long a statement
/// may run, and what it may do.
///
/// A writer looks everything up by an index, and has one plan for a statement, whatever its values: making one for each
/// batch would take longer than looking up what is stored.
fn session_settings(settings: &Settings, purpose: Purpose) -> String {
    let rights_and_plans = if purpose.is_read_only {
        "SET default_transaction_read_only TO on"
    } else {
        "SET default_transaction_read_only TO off; SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off"
    };
    format!(
        "SET search_path TO \"{}\", pg_temp; SET log_service.first_month TO '{}'; SET statement_timeout TO {}; \
         {rights_and_plans}",
        settings.schema.replace('"', "\"\""),
        settings.first_month,
        purpose.pool.timeout.as_millis(),
    )
}

/// Opens a pool of connections to an SQLite file.
pub(crate) async fn open_sqlite(
    options: &SqliteConnectOptions,
    purpose: Purpose,
) -> sqlx::Result<DatabaseConnection> {
    let options = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is on the disk when it returns: the message is acknowledged after it.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(purpose.pool.timeout)
        .pragma("query_only", if purpose.is_read_only { "ON" } else { "OFF" });
    let options = if purpose.is_read_only { options.row_buffer_size(SQLITE_ROW_BUFFER) } else { options };
    // SQLite has one writer at a time. One connection lets the domains take turns in order.
    let connections = if purpose.is_read_only { purpose.pool.max_connections } else { 1 };
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(purpose.pool.timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// Opens an SQLite file with one connection that can't write. The file stays as it is, its journal mode included.
pub(crate) async fn open_sqlite_unchanged(
    options: &SqliteConnectOptions,
    timeout: Duration,
) -> sqlx::Result<DatabaseConnection> {
    let options = options.clone().create_if_missing(false).read_only(true).busy_timeout(timeout);
    let pool =
        SqlitePoolOptions::new().max_connections(1).acquire_timeout(timeout).connect_with(options).await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}
