//! Which database a URL names. It is read as strictly as possible, and shown without its password.

mod error;
mod parameters;
mod postgres;
mod redact;
mod sqlite;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

pub use error::DatabaseUrlError;
pub use postgres::PostgresUrl;
pub use redact::redact_credentials;
pub use sqlite::SqliteUrl;

/// Which database, from its URL.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A PostgreSQL server.
    Postgres(Box<PostgresUrl>),
    /// An SQLite file.
    Sqlite(Box<SqliteUrl>),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let url = match text.strip_prefix("jdbc:postgresql:") {
            Some(jdbc) => Url::parse(&from_jdbc(jdbc)),
            None if text.starts_with("sqlite:") => {
                return Ok(Self::Sqlite(Box::new(SqliteUrl::read(text)?)));
            }
            None => Url::parse(text),
        };
        let is_ours = |scheme: &str| matches!(scheme, "postgres" | "postgresql");
        match url {
            Ok(url) if is_ours(url.scheme()) => {
                Ok(Self::Postgres(Box::new(PostgresUrl::read(&url, redact_credentials(text))?)))
            }
            Err(error) if text.contains("postgres") => Err(DatabaseUrlError::Unreadable(error.to_string())),
            Ok(_) | Err(_) => Err(DatabaseUrlError::Scheme),
        }
    }
}

/// Rewrites what follows `jdbc:postgresql:` as a URL with a host. `jdbc:postgresql:db` and `jdbc:postgresql:///db` leave
/// the host out, which means `localhost`.
fn from_jdbc(rest: &str) -> String {
    match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => format!("postgresql://{rest}"),
        _ => format!("postgresql://localhost/{}", rest.trim_start_matches('/')),
    }
}

impl DatabaseUrl {
    /// The same database for another user. An empty name or password changes nothing.
    #[must_use]
    pub fn for_user(self, username: &str, password: &SecretString) -> Self {
        let Self::Postgres(mut server) = self else { return self };
        if !username.is_empty() {
            server.options = server.options.username(username);
        }
        if !password.expose_secret().is_empty() {
            server.options = server.options.password(password.expose_secret());
        }
        Self::Postgres(server)
    }
}

/// Hides the password, which the driver's own output shows.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(server) => write!(f, "PostgreSQL {server}"),
            Self::Sqlite(file) => write!(f, "SQLite {}", file.options.get_filename().display()),
        }
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Without its credentials.
impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Postgres(server) => server.redacted(),
            Self::Sqlite(file) => file.redacted(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> DatabaseUrlError {
        url.parse::<DatabaseUrl>().unwrap_err()
    }

    #[test]
    fn neither_error_nor_debug_output_repeats_the_password() {
        for url in [
            "postgres://u:geheim@h:notaport/d",
            "postgres://u:geheim@h/d?sslmod=require",
            "postgres://h/d?password=ge&heim",
            "postgres://h/d?password=ge&heim=geheim",
            "postgres://u:54?heim=x@h/d",
            "postgres://u:5432/geheim@h/d",
            "postgres://u:5432?geheim@h/d",
            "postgres://u:5432#geheim@h/d",
            "jdbc:postgresql://h/d?user=u&password=geheim&password=geheim",
        ] {
            let error = refused(url);
            let said = format!("{error} {error:?}");
            assert!(!said.contains("geheim") && !said.contains("heim"), "{said}");
        }
        let url = "postgres://u:geheim@h/d".parse::<DatabaseUrl>().unwrap();
        assert!(!format!("{url} {url:?}").contains("geheim"));
    }

    #[test]
    fn other_databases_are_refused() {
        for url in ["mysql://h/d", "log.db", ""] {
            assert_eq!(refused(url), DatabaseUrlError::Scheme);
        }
    }

    #[test]
    fn an_sqlite_url_is_understood_or_refused() {
        for url in ["sqlite://log.db?mode=rwc&cache=private", "sqlite:log.db", "sqlite::memory:"] {
            assert!(url.parse::<DatabaseUrl>().is_ok(), "{url}");
        }
        for (url, message) in [
            ("sqlite://log.db?mod=rwc", "`mod`"),
            ("sqlite://log.db?Mode=rwc", "`Mode`"),
            ("sqlite://log.db?mode=ro&mode=rwc", "`mode`"),
            ("sqlite://log.db?mode=ro&m%6Fde=rwc", "`mode`"),
            ("sqlite://log.db?mode=rwx", "`mode`"),
            ("sqlite://?mode=rwc", "names no file"),
            ("sqlite:", "names no file"),
        ] {
            let said = refused(url).to_string();
            assert!(said.contains(message), "{url}: {said}");
        }
    }
}
