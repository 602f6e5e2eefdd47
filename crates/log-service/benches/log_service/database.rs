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
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        self.server.psql(&format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name));
    }
}
