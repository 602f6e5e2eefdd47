//! Who may do what on PostgreSQL: an owner, a writer and a reader.

use std::fmt;

/// The roles of a log. A role that is there already stays as it is, but for what it may do in the log's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Who migrates: everything in the schema is this role's.
    pub owner: RoleName,
    /// Who runs the service: adds rows, and changes none.
    pub writer: RoleName,
    /// Who only reads.
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
    /// It can't be made.
    #[error("PostgreSQL keeps this name for itself")]
    Reserved,
    /// It could not be shown.
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

/// What gives the roles their rights, whatever there was before, and may be run again at any time.
const SQL: &str = include_str!("roles.sql");

/// What stands between the statements of the file.
const BETWEEN: &str = "\n\n";

impl Roles {
    /// One that is another one as well, if there is one, and which it is: it would have the rights of both.
    #[must_use]
    pub fn same(&self) -> Option<(&'static str, &RoleName)> {
        let Self { owner, writer, reader } = self;
        if writer == owner {
            return Some(("writer", writer));
        }
        (reader == owner || reader == writer).then_some(("reader", reader))
    }

    /// The statements, each to be run by itself and not in a transaction: some commit what they have done so far. They
    /// are for one session, of a superuser, or of a role with CREATEROLE that is a member of today's owner.
    #[must_use]
    pub fn statements(&self, schema: &str) -> Vec<String> {
        let names = [
            ("schema", schema),
            ("owner", &self.owner.0),
            ("writer", &self.writer.0),
            ("reader", &self.reader.0),
        ];
        // Names stand here alone, and never in a statement's text: nothing in one can be taken for SQL.
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

/// Text as it stands in SQL, whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', r"\\")) } else { format!("'{doubled}'") }
}
