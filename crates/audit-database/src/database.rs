use std::{io, time::Duration};

use audit_core::publish::Backoff;
use migration::{MigrateError, OtherLogs};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector,
    sqlx::{AssertSqlSafe, Executor},
};
use tracing::{info, warn};

use crate::{
    DatabaseError, DatabaseUrl, Settings, SqliteUrl,
    pool::{self, Purpose},
};

/// The longest pause between two attempts to open a database that is away.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// The log's database, and every way to open it.
#[derive(Clone, Debug)]
pub struct Database(Settings);

impl Database {
    /// A database that is not open yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self(settings)
    }

    /// Where it is, and how it is opened.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0
    }

    /// Opens the database and, if the settings say so, migrates it. Waits for a database that is away.
    pub async fn open_or_wait(&self) -> Result<DatabaseConnection, DatabaseError> {
        let mut backoff = Backoff::up_to(MAX_PAUSE);
        self.log_ignored_parameters();
        let mut is_waiting = false;
        loop {
            match self.open_and_migrate().await {
                Err(error) if error.is_temporary() => {
                    if !is_waiting {
                        warn!(%error, "the database is away: waiting for it");
                        is_waiting = true;
                    }
                    tokio::time::sleep(backoff.next_delay()).await;
                }
                outcome => return outcome,
            }
        }
    }

    fn log_ignored_parameters(&self) {
        for url in [Some(&self.0.url), self.0.read_url.as_ref()].into_iter().flatten() {
            if let DatabaseUrl::Postgres(server) = url
                && !server.ignored_parameters().is_empty()
            {
                info!(
                    parameters = server.ignored_parameters().join(", "),
                    "parameters of the database's URL have no effect: the schema and time-outs are keys of the configuration",
                );
            }
        }
    }

    async fn open_and_migrate(&self) -> Result<DatabaseConnection, DatabaseError> {
        if !self.0.migrate_at_start {
            return self.open_migrated().await;
        }
        let db = self.open().await?;
        let added = migration::up(&db, &self.0.schema, OtherLogs::Refused).await;
        for version in added.map_err(|source| self.cant_migrate(source))? {
            info!(version, "migrated the database");
        }
        Ok(db)
    }

    /// Opens a database that has this program's schema.
    pub async fn open_migrated(&self) -> Result<DatabaseConnection, DatabaseError> {
        let db = self.open_for(&self.0.url, Purpose::write_existing(&self.0)).await?;
        let versions = migration::status(&db, &self.0.schema, OtherLogs::Refused).await;
        let versions = versions.map_err(|source| self.cant_migrate(source))?;
        if versions.iter().any(|version| !version.applied) {
            return Err(DatabaseError::Pending(self.0.url.to_string()));
        }
        Ok(db)
    }

    /// Opens the database as it is, over one connection that can't write, to check it. Nothing is created or changed: no
    /// file, no file's permissions, and no journal.
    pub async fn open_unchanged(&self) -> Result<DatabaseConnection, DatabaseError> {
        let database = self.0.url.to_string();
        match &self.0.url {
            DatabaseUrl::Postgres(_) => self.open_for(&self.0.url, Purpose::probe(&self.0)).await,
            DatabaseUrl::Sqlite(file) if !file.exists() => Err(DatabaseError::Pending(database)),
            DatabaseUrl::Sqlite(file) => {
                let opened = pool::open_sqlite_unchanged(&file.options, self.0.writers.timeout).await;
                opened.map_err(|source| DatabaseError::Open { database, source })
            }
        }
    }

    fn cant_migrate(&self, source: MigrateError) -> DatabaseError {
        DatabaseError::Migrate { database: self.0.url.to_string(), source }
    }

    /// Opens the database as it is. An SQLite file that does not exist is created.
    pub async fn open(&self) -> Result<DatabaseConnection, DatabaseError> {
        self.open_for(&self.0.url, Purpose::write(&self.0)).await
    }

    /// Runs statements that commit by themselves, one after the other in one session. PostgreSQL only.
    pub async fn run(&self, statements: &[String]) -> Result<(), DatabaseError> {
        let failed = |source| DatabaseError::Roles { database: self.0.url.to_string(), source };
        let db = self.open().await?;
        let mut connection = db.get_postgres_connection_pool().acquire().await.map_err(failed)?;
        for statement in statements {
            connection.execute(AssertSqlSafe(statement.as_str())).await.map_err(failed)?;
        }
        connection.close().await.map_err(failed)
    }

    /// Opens the original service's database: one connection, which can't write.
    pub async fn open_original(&self, url: &DatabaseUrl) -> Result<DatabaseConnection, DatabaseError> {
        self.open_for(url, Purpose::read_original(&self.0)).await
    }

    /// Opens the database, or its replica, for readers: connections of their own, which can't write.
    pub async fn open_for_reading(&self) -> Result<DatabaseConnection, DatabaseError> {
        self.open_for(self.read_url(), Purpose::read(&self.0)).await
    }

    /// The same for a service that also stores events: a replica that is away, or a database without a free connection
    /// for readers, must not keep it from storing. Until it is back, readers get errors.
    pub async fn open_for_reading_or_later(&self) -> Result<DatabaseConnection, DatabaseError> {
        match (self.open_for_reading().await, self.read_url()) {
            (Err(error), DatabaseUrl::Postgres(server)) if error.is_temporary() => {
                warn!(%error, "the database for reading is away: questions are refused until it is there");
                let (pool, options) = pool::postgres(&self.0, &server.options, Purpose::read(&self.0));
                Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options)))
            }
            (outcome, _) => outcome,
        }
    }

    /// A connection to the replica, if there is one, to probe whether it answers. It is made on first use, and is not
    /// one of the readers' connections: readers may use up all of theirs.
    #[must_use]
    pub fn replica_probe(&self) -> Option<DatabaseConnection> {
        let Some(DatabaseUrl::Postgres(replica)) = &self.0.read_url else { return None };
        let (pool, options) = pool::postgres(&self.0, &replica.options, Purpose::probe(&self.0));
        Some(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options)))
    }

    fn read_url(&self) -> &DatabaseUrl {
        self.0.read_url.as_ref().unwrap_or(&self.0.url)
    }

    async fn open_for(
        &self,
        url: &DatabaseUrl,
        purpose: Purpose,
    ) -> Result<DatabaseConnection, DatabaseError> {
        let opening = async {
            match url {
                DatabaseUrl::Postgres(server) => {
                    pool::open_postgres(&self.0, &server.options, purpose, &url.to_string()).await
                }
                DatabaseUrl::Sqlite(file) => open_file(file, purpose, url.to_string()).await,
            }
        };
        let timeout = self.0.writers.timeout;
        let opened = tokio::time::timeout(timeout, opening).await;
        opened.unwrap_or_else(|_| Err(DatabaseError::TimedOut { database: url.to_string(), timeout }))
    }
}

async fn open_file(
    file: &SqliteUrl,
    purpose: Purpose,
    database: String,
) -> Result<DatabaseConnection, DatabaseError> {
    match file.keep_private(purpose.creates_file) {
        Ok(()) => {}
        Err(source) if source.kind() == io::ErrorKind::NotFound && !purpose.creates_file => {
            return Err(DatabaseError::Pending(database));
        }
        Err(source) => return Err(DatabaseError::File { database, source }),
    }
    pool::open_sqlite(&file.options, purpose).await.map_err(|source| DatabaseError::Open { database, source })
}
