use sea_orm::sqlx::{Connection, Executor, PgConnection};
use test_servers::PostgreSql;

/// A database for one run. It goes with the run: cleaning up in it would slow down the next ones.
pub(crate) struct Database<'a> {
    server: &'a PostgreSql,
    name: String,
    pub(crate) url: String,
}

impl<'a> Database<'a> {
    pub(crate) fn new(server: &'a PostgreSql, name: &str) -> Self {
        Self { server, name: name.to_owned(), url: server.database(name) }
    }

    /// A connection that sees the log tables.
    pub(crate) async fn connect(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url).await.expect("a database");
        connection.execute("SET search_path TO audit").await.expect("the schema");
        connection
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        self.server.psql(&format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name));
    }
}
