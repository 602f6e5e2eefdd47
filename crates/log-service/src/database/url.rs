use std::fmt;

use sea_orm::sqlx::{postgres::PgConnectOptions, sqlite::SqliteConnectOptions};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, de};

use super::login::Login;

/// Which database, from its URL.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A PostgreSQL server.
    Postgres(Box<PostgresUrl>),
    /// An SQLite file.
    Sqlite(Box<SqliteConnectOptions>),
}

/// Which PostgreSQL server, and who connects.
#[derive(Clone)]
pub struct PostgresUrl {
    /// As the driver understands them.
    pub options: PgConnectOptions,
    /// The URL itself: the driver gives no password back.
    text: SecretString,
}

/// Why a URL names no database. The URL is not repeated: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Another kind of URL.
    #[error("it must start with sqlite://, postgres:// or jdbc:postgresql://")]
    Scheme,
    /// Something in it can't be read.
    #[error("it can't be read as the URL of a {0} database")]
    Unreadable(&'static str),
}

impl std::str::FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(url: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(jdbc) = url.strip_prefix("jdbc:postgresql:") {
            postgres(&from_jdbc(jdbc))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres(url)
        } else if url.starts_with("sqlite:") {
            let options = url.parse().map_err(|_| DatabaseUrlError::Unreadable("SQLite"))?;
            Ok(Self::Sqlite(Box::new(options)))
        } else {
            Err(DatabaseUrlError::Scheme)
        }
    }
}

fn postgres(url: &str) -> Result<DatabaseUrl, DatabaseUrlError> {
    let options = url.parse().map_err(|_| DatabaseUrlError::Unreadable("PostgreSQL"))?;
    Ok(DatabaseUrl::Postgres(Box::new(PostgresUrl { options, text: url.into() })))
}

impl DatabaseUrl {
    /// The same database for another user; what is empty stays as it is.
    #[must_use]
    pub fn for_user(self, username: &str, password: &SecretString) -> Self {
        let Self::Postgres(server) = self else { return self };
        let PostgresUrl { mut options, text } = *server;
        if !username.is_empty() {
            options = options.username(username);
        }
        if !password.expose_secret().is_empty() {
            options = options.password(password.expose_secret());
        }
        Self::Postgres(Box::new(PostgresUrl { options, text }))
    }
}

impl PostgresUrl {
    /// Whether the URL says who connects.
    #[must_use]
    pub fn names_user(&self) -> bool {
        Login::of(self.text.expose_secret()).names_user()
    }

    /// This server, with the user and password that another one's URL names.
    pub fn with_login_of(&self, other: &Self) -> Result<DatabaseUrl, DatabaseUrlError> {
        postgres(&Login::of(other.text.expose_secret()).at(self.text.expose_secret()))
    }
}

/// The driver's URL for what follows `jdbc:postgresql:`. Of the JDBC driver's parameters, those that mean the
/// same are kept; `ssl=true` means what it means there, and the others (`currentSchema`, …) are of no use here.
fn from_jdbc(rest: &str) -> String {
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let kept = parameters.split('&').filter_map(|parameter| match parameter.split_once('=')? {
        ("ssl", "true") => Some("sslmode=verify-full".to_owned()),
        ("user" | "password" | "sslmode" | "sslrootcert" | "sslcert" | "sslkey", _) => {
            Some(parameter.to_owned())
        }
        _ => None,
    });
    let kept: Vec<_> = kept.collect();
    // `jdbc:postgresql:db` and `jdbc:postgresql:/` leave the host out.
    let address = match address.strip_prefix("//") {
        Some(address) => address.to_owned(),
        None => format!("localhost/{}", address.trim_start_matches('/')),
    };
    format!("postgres://{address}?{}", kept.join("&"))
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
            Self::Postgres(server) => {
                let options = &server.options;
                let database = options.get_database().unwrap_or_default();
                write!(f, "PostgreSQL {}:{}/{database}", options.get_host(), options.get_port())
            }
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

    fn shown(url: &str) -> String {
        url.parse::<DatabaseUrl>().unwrap().to_string()
    }

    #[test]
    fn urls_of_the_original_are_understood() {
        assert_eq!(
            shown("jdbc:postgresql://db:5433/tickatch?currentSchema=log_service"),
            "PostgreSQL db:5433/tickatch"
        );
        assert_eq!(shown("jdbc:postgresql:tickatch"), "PostgreSQL localhost:5432/tickatch");
        let url = "jdbc:postgresql://db/tickatch?user=ticka&password=x&loggerLevel=OFF";
        let DatabaseUrl::Postgres(server) = url.parse().unwrap() else { panic!("not PostgreSQL") };
        assert_eq!(server.options.get_username(), "ticka");
    }

    #[test]
    fn jdbc_ssl_means_a_checked_certificate() {
        assert_eq!(from_jdbc("//db/t?ssl=true"), "postgres://db/t?sslmode=verify-full");
    }

    #[test]
    fn neither_error_nor_debug_output_repeats_the_password() {
        let error = "postgres://u:secret@h:notaport/d".parse::<DatabaseUrl>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
        let url = "postgres://u:secret@h/d".parse::<DatabaseUrl>().unwrap();
        assert!(!format!("{url} {url:?}").contains("secret"));
    }

    #[test]
    fn other_databases_are_refused() {
        assert_eq!("mysql://h/d".parse::<DatabaseUrl>().unwrap_err(), DatabaseUrlError::Scheme);
    }
}
