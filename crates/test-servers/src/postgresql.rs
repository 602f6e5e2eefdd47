use std::path::PathBuf;

use crate::private_server::PrivateServer;

/// A private PostgreSQL server; its superuser is `postgres`, without a password.
#[derive(Debug)]
pub struct PostgreSql(PrivateServer);

impl PostgreSql {
    /// Starts a server without TLS.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with further lines for `postgresql.conf`.
    #[must_use]
    pub fn start_with(conf: &str) -> Self {
        Self(PrivateServer::run("postgresql", false, &[("POSTGRESQL_CONF", conf)]))
    }

    /// Starts a server that offers TLS.
    #[must_use]
    pub fn start_with_tls() -> Self {
        Self(PrivateServer::run("postgresql", true, &[]))
    }

    /// Starts a server whose data are on a disk of their own, as large as `size` says (`512m`), where this user may
    /// mount one: see [`disk`](Self::disk).
    #[must_use]
    pub fn start_on_disk(size: &str, conf: &str) -> Self {
        let variables = [("POSTGRESQL_DISK", size), ("POSTGRESQL_CONF", conf)];
        Self(PrivateServer::run("postgresql", false, &variables))
    }

    /// The disk of its own that the data are on, if there is one.
    #[must_use]
    pub fn disk(&self) -> Option<PathBuf> {
        Some(self.0.variable("PRIVATE_DISK")).filter(|disk| *disk != "''").map(PathBuf::from)
    }

    /// Starts a replica of another server, which follows it as long as both run.
    #[must_use]
    pub fn replica_of(primary: &Self) -> Self {
        let port = primary.port().to_string();
        Self(PrivateServer::run("postgresql", false, &[("POSTGRESQL_PRIMARY", &port)]))
    }

    /// The URL of a database that is there already.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port())
    }

    /// The server's port, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.variable("PGPORT").parse().expect("a port")
    }

    /// Makes a database and returns its URL.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.psql(&format!("CREATE DATABASE \"{name}\""));
        self.url(name)
    }

    /// Runs SQL as the superuser, and returns what it prints.
    #[expect(clippy::must_use_candidate, reason = "mostly run for what it does")]
    pub fn psql(&self, sql: &str) -> String {
        self.0.command("psql", &["-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql])
    }

    /// The same in a database of its own; several statements are one transaction.
    #[expect(clippy::must_use_candidate, reason = "mostly run for what it does")]
    pub fn psql_in(&self, database: &str, sql: &str) -> String {
        self.0.command("psql", &["-qAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql])
    }

    /// Stops the server in order, as an operator would.
    pub fn stop(&self) {
        self.0.command("stop", &[]);
    }

    /// Stops the server without clean-up, as `pg_ctl stop -m immediate` does.
    pub fn stop_at_once(&self) {
        self.0.command("kill", &[]);
    }

    /// Ends all processes of the server by `kill -9`.
    pub fn kill(&self) {
        self.0.command("kill", &["KILL"]);
    }

    /// Starts the server again, on the same port with the same data.
    pub fn start_again(&self) {
        self.0.command("start", &[]);
    }
}
