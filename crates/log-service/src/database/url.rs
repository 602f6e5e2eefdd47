//! Which database a URL names.

use std::fmt;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};
use url::{Url, form_urlencoded};

use super::{postgres_url::PostgresUrl, url_error::DatabaseUrlError};

/// Which database, from its URL.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A PostgreSQL server.
    Postgres(Box<PostgresUrl>),
    /// An SQLite file.
    Sqlite(Box<SqliteConnectOptions>),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        let url = match text.strip_prefix("jdbc:postgresql:") {
            Some(jdbc) => Url::parse(&from_jdbc(jdbc)),
            None if text.starts_with("sqlite:") => return sqlite(text),
            None => Url::parse(text),
        };
        let is_ours = |scheme: &str| matches!(scheme, "postgres" | "postgresql");
        match url {
            Ok(url) if is_ours(url.scheme()) => Ok(Self::Postgres(Box::new(PostgresUrl::read(&url)?))),
            Err(error) if text.contains("postgres") => Err(DatabaseUrlError::Unreadable(error.to_string())),
            Ok(_) | Err(_) => Err(DatabaseUrlError::Scheme),
        }
    }
}

/// The same as a URL with a host, for what follows `jdbc:postgresql:`. `jdbc:postgresql:db` and
/// `jdbc:postgresql:///db` leave the host out, which is `localhost` then.
fn from_jdbc(rest: &str) -> String {
    match rest.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => format!("postgresql://{rest}"),
        _ => format!("postgresql://localhost/{}", rest.trim_start_matches('/')),
    }
}

/// The driver refuses parameters that it does not know, but takes the last of two.
fn sqlite(text: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    const UNDERSTOOD: [&str; 4] = ["mode", "cache", "immutable", "vfs"];
    let (_, query) = text.split_once('?').unwrap_or((text, ""));
    let mut names = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !UNDERSTOOD.contains(&&*name) {
            return Err(DatabaseUrlError::not_understood(&name, &value, &UNDERSTOOD));
        }
        if names.contains(&name) {
            return Err(DatabaseUrlError::Twice(name.into_owned()));
        }
        names.push(name);
    }
    let options: SqliteConnectOptions = text.parse().map_err(|error: sea_orm::sqlx::Error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        DatabaseUrlError::Unreadable(cause.unwrap_or_else(|| error.to_string()))
    })?;
    // SQLite takes an empty name for a file that goes away with the connection.
    if options.get_filename().as_os_str().is_empty() && !query.contains("mode=memory") {
        return Err(DatabaseUrlError::NoFile);
    }
    Ok(DatabaseUrl::Sqlite(Box::new(options)))
}

impl DatabaseUrl {
    /// The same database for another user; what is empty stays as it is.
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

/// Without the password, which the driver's own output shows.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(server) => write!(f, "PostgreSQL {server}"),
            Self::Sqlite(options) => write!(f, "SQLite {}", options.get_filename().display()),
        }
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
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
        for (url, told) in [
            ("sqlite://log.db?mod=rwc", "`mod`"),
            ("sqlite://log.db?Mode=rwc", "`Mode`"),
            ("sqlite://log.db?mode=ro&mode=rwc", "`mode`"),
            ("sqlite://log.db?mode=ro&m%6Fde=rwc", "`mode`"),
            ("sqlite://log.db?mode=rwx", "`mode`"),
            ("sqlite://?mode=rwc", "names no file"),
            ("sqlite:", "names no file"),
        ] {
            let said = refused(url).to_string();
            assert!(said.contains(told), "{url}: {said}");
        }
    }
}
