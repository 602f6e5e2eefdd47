//! Who may do what on PostgreSQL: an owner, a writer and a reader.

use std::fmt;

/// The roles of a log. An existing role keeps its attributes; only its rights in the log's schema are changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Migrates the schema, and owns everything in it.
    pub owner: RoleName,
    /// Runs the service: adds rows, and changes none.
    pub writer: RoleName,
    /// Only reads.
    pub reader: RoleName,
}

/// The name of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleName(String);

/// Why a role can't have this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleNameError {
    /// PostgreSQL cuts longer ones off.
    #[error("a role's name has 1 to 63 bytes")]
    Length,
    /// PostgreSQL refuses to create it.
    #[error("PostgreSQL keeps this name for itself")]
    Reserved,
    /// It can't be displayed.
    #[error("a role's name has no control characters")]
    Control,
}

impl std::str::FromStr for RoleName {
    type Err = RoleNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            name if name.is_empty() || name.len() > 63 => Err(RoleNameError::Length),
            name if name.starts_with("pg_") || ["public", "none"].contains(&name) => {
                Err(RoleNameError::Reserved)
            }
            name if name.contains(char::is_control) => Err(RoleNameError::Control),
            name => Ok(Self(name.to_owned())),
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives the roles their rights, whatever they had before. It can be run again at any time.
const SQL: &str = include_str!("roles.sql");

/// Separates the statements of the file.
const BETWEEN: &str = "\n\n";

impl Roles {
    /// A role with the name of another one, if any: it would have the rights of both.
    #[must_use]
    pub fn same(&self) -> Option<(&'static str, &RoleName)> {
        let Self { owner, writer, reader } = self;
        if writer == owner {
            return Some(("writer", writer));
        }
        (reader == owner || reader == writer).then_some(("reader", reader))
    }

    /// The statements. Each is run by itself and outside of a transaction, because some commit. All are run in one session
    /// of a superuser, or of a role with CREATEROLE that is a member of the present owner.
    #[must_use]
    pub fn statements(&self, schema: &str) -> Vec<String> {
        let names = [
            ("schema", schema),
            ("owner", &self.owner.0),
            ("writer", &self.writer.0),
            ("reader", &self.reader.0),
        ];
        // Names are settings only, and never part of a statement: nothing in a name can be taken for SQL.
        let setting = |(of, name): &(&str, &str)| format!("SET log_service.{of} TO {};", literal(name));
        let head = SQL.split(BETWEEN).take(1).map(str::to_owned);
        let names = names.iter().map(setting);
        let rest = SQL.split(BETWEEN).skip(1).map(|statement| statement.trim_end().to_owned());
        head.chain(names).chain(rest).collect()
    }

    /// The same as a script for `psql`.
    #[must_use]
    pub fn script(&self, schema: &str) -> String {
        self.statements(schema).join(BETWEEN) + "\n"
    }
}

/// Text as a literal of SQL, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', r"\\")) } else { format!("'{doubled}'") }
}
