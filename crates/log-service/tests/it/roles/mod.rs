//! The roles of the database: an owner, who migrates, a writer, who runs the service, and a reader.

mod attacks;
mod making;
mod partitions;
mod powers;
mod starting;

use std::process::{Command, Output};

use sea_orm::{Database, DatabaseConnection};
use test_servers::Running;

use crate::fixture::{Fixture, POSTGRESQL, unique_name};

/// A place whose log has roles of its own: those of one server are everybody's.
pub struct Site {
    pub place: Fixture,
    pub owner: String,
    pub writer: String,
    pub reader: String,
}

impl Site {
    /// The roles, and no log yet.
    fn fresh() -> Self {
        let site = Self::without_roles();
        site.apply("postgres");
        site
    }

    fn without_roles() -> Self {
        let (place, name) = (Fixture::postgresql(), unique_name());
        let role = |of: &str| format!("{of} \"of\" {name}'s \\ $$");
        Self { place, owner: role("Owner"), writer: role("Writer"), reader: role("Reader") }
    }

    /// As the manual has it, from an empty database on.
    pub fn new() -> Self {
        let site = Self::fresh();
        said(&mut site.command(&site.owner, &["migrate", "up"]));
        site
    }

    fn apply(&self, administrator: &str) -> String {
        said(&mut self.command(administrator, &self.roles(&["--apply"])))
    }

    fn roles<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        let roles = ["--owner", &self.owner, "--writer", &self.writer, "--reader", &self.reader];
        [&["migrate", "roles"], roles.as_slice(), rest].concat()
    }

    /// log-service as this role.
    fn command(&self, role: &str, args: &[&str]) -> Command {
        let mut command = self.place.command(args);
        command.env("DB_USERNAME", role).env("LOG_SERVICE__DATABASE__MIGRATE_AT_START", "false");
        command
    }

    /// The service as its writer.
    fn serve(&self, variables: &[(&str, &str)]) -> Running {
        let mut command = self.command(&self.writer, &["serve"]);
        command.envs(variables.iter().copied());
        let service = Running::start(command);
        service.wait_until_consuming();
        service
    }

    fn database(&self) -> &str {
        self.place.url.rsplit('/').next().unwrap()
    }

    /// Runs SQL as the server's superuser, in the log's schema.
    fn as_superuser(&self, sql: &str) -> String {
        POSTGRESQL.psql_in(self.database(), &format!("SET search_path TO audit; {sql}"))
    }

    async fn connect_as(&self, role: &str) -> DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(&self.place.url);
        let role = role.to_owned();
        options.max_connections(1).sqlx_logging(false).set_schema_search_path("audit");
        options.map_sqlx_postgres_opts(move |options| options.username(&role));
        Database::connect(options).await.unwrap()
    }
}

/// A role's name as SQL has it.
fn quoted(role: &str) -> String {
    format!("\"{}\"", role.replace('"', "\"\""))
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
