//! The URL of a PostgreSQL server, as libpq has it (`postgres://…`) or as the original's JDBC driver does.
//!
//! Everything in it is understood or refused. If a misspelt `sslmode` were passed over, the connection would go without
//! TLS, and nobody would know.

use std::fmt;

use sea_orm::sqlx::postgres::PgConnectOptions;
use url::Url;

use super::{
    error::DatabaseUrlError,
    parameters::{IGNORED, Parameters, UNDERSTOOD, understood},
};

/// A PostgreSQL server, and who connects to it.
#[derive(Clone)]
pub struct PostgresUrl {
    /// The driver's form of it.
    pub options: PgConnectOptions,
    parameters: Parameters,
    ignored: Vec<&'static str>,
    redacted: String,
}

impl PostgresUrl {
    /// Reads a URL. `redacted` is the form in which it may be shown.
    pub(super) fn read(url: &Url, redacted: String) -> Result<Self, DatabaseUrlError> {
        // The rest of a user or password that had an unescaped / or #.
        if url.path().contains('@') || url.fragment().is_some() {
            return Err(DatabaseUrlError::Unreadable("it has an @ after the first /, or a #".to_owned()));
        }
        let mut parameters = Parameters::of_server_and_login(url)?;
        let mut ignored = Vec::new();
        for (name, value) in url.query_pairs() {
            if let Some(known) = IGNORED.iter().find(|known| **known == name) {
                ignored.push(*known);
            } else if let Some(understood) = understood(&name) {
                parameters.add(understood, value.into_owned())?;
            } else if parameters.get("password").is_some() && url.password().is_none() {
                return Err(DatabaseUrlError::AfterPassword(UNDERSTOOD.join(", ")));
            } else {
                return Err(DatabaseUrlError::not_understood(&name, &value, &UNDERSTOOD));
            }
        }
        parameters.settle_tls()?;
        let options = parameters.options()?;
        if options.get_database().is_none_or(str::is_empty) {
            return Err(DatabaseUrlError::NoDatabase);
        }
        Ok(Self { options, parameters, ignored, redacted })
    }

    /// Whether the URL says who connects.
    #[must_use]
    pub fn names_user(&self) -> bool {
        self.parameters.get("user").is_some()
    }

    /// This server, with the user and password that another one's URL names, unless its own does.
    pub fn with_login_of(&self, other: &Self) -> Result<Self, DatabaseUrlError> {
        let parameters = self.parameters.clone().with_login_of(&other.parameters);
        let options = parameters.options()?;
        Ok(Self { options, parameters, ..self.clone() })
    }

    /// The URL without its password.
    #[must_use]
    pub fn redacted(&self) -> &str {
        &self.redacted
    }

    /// Its parameters that mean something to another driver, and nothing here.
    #[must_use]
    pub fn ignored_parameters(&self) -> &[&'static str] {
        &self.ignored
    }
}

/// Host, port and database.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        let database = self.options.get_database().unwrap_or_default();
        match self.options.get_socket() {
            Some(folder) => write!(f, "{}:{port}/{database}", folder.display()),
            None if host.contains(':') => write!(f, "[{host}]:{port}/{database}"),
            None => write!(f, "{host}:{port}/{database}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DatabaseUrl, DatabaseUrlError as Error};

    fn read(url: &str) -> Result<PostgresUrl, Error> {
        match url.parse()? {
            DatabaseUrl::Postgres(server) => Ok(*server),
            DatabaseUrl::Sqlite(_) => panic!("not PostgreSQL"),
        }
    }

    fn refused(url: &str) -> Error {
        read(url).err().unwrap_or_else(|| panic!("{url} is understood"))
    }

    #[test]
    fn a_place_is_understood_as_libpq_and_jdbc_write_it() {
        for (url, place) in [
            ("postgres://db:5433/tickatch", "db:5433/tickatch"),
            ("POSTGRESQL://db/tickatch", "db:5432/tickatch"),
            ("postgres:///tickatch?host=/run/postgresql&port=5433", "/run/postgresql:5433/tickatch"),
            ("postgres://db?dbname=tick%20atch", "db:5432/tick atch"),
            ("postgres://u:p@[::1]:5433/tickatch", "[::1]:5433/tickatch"),
            ("postgres:///tickatch?host=::1", "[::1]:5432/tickatch"),
            ("jdbc:postgresql://db:5433/tickatch?currentSchema=log_service", "db:5433/tickatch"),
            ("jdbc:postgresql://[2001:db8::7]/tickatch", "[2001:db8::7]:5432/tickatch"),
            ("jdbc:postgresql:tickatch", "localhost:5432/tickatch"),
            ("jdbc:postgresql:///tickatch", "localhost:5432/tickatch"),
        ] {
            assert_eq!(read(url).unwrap().to_string(), place, "{url}");
        }
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        for url in [
            "postgres://db",
            "postgres://u:p@db:5432/",
            "postgres://db/?dbname=",
            "jdbc:postgresql://db/",
            "jdbc:postgresql:/",
        ] {
            assert_eq!(refused(url), Error::NoDatabase);
        }
    }

    #[test]
    fn tls_is_as_strict_as_each_of_its_parameters() {
        for (parameters, mode) in [
            ("", "Prefer"),
            ("sslmode=allow", "Prefer"),
            ("ssl=false", "Prefer"),
            ("ssl-mode=VERIFY-CA", "VerifyCa"),
            ("%73slmode=require", "Require"),
            ("sslmode=require&sslrootcert=ca.pem", "VerifyCa"),
            ("ssl-ca=ca.pem&sslmode=verify-full", "VerifyFull"),
            ("ssl=true", "VerifyFull"),
            ("ssl", "VerifyFull"),
            ("ssl=TRUE&sslmode=require", "Require"),
            ("ssl=false&sslmode=verify-full", "VerifyFull"),
        ] {
            for scheme in ["postgres", "jdbc:postgresql"] {
                let read = read(&format!("{scheme}://db/log?{parameters}")).unwrap();
                assert_eq!(format!("{:?}", read.options.get_ssl_mode()), mode, "{parameters}");
            }
        }
    }

    #[test]
    fn what_could_be_weaker_than_it_was_written_is_refused() {
        let not_understood = |url: &str| match refused(url) {
            Error::NotUnderstood { name, .. } => name,
            other => panic!("{other}"),
        };
        for name in [
            "sslmod",
            "SSLMODE",
            "sslMode",
            "foo",
            "sslfactory",
            "sslpassword",
            "sslhostnameverifier",
            "channel_binding",
            "gssencmode",
            "target_session_attrs",
            "socketFactory",
        ] {
            for scheme in ["postgres", "jdbc:postgresql"] {
                let url = format!("{scheme}://db/log?user=u&{name}=verify-full&password=p&ssl=true");
                assert_eq!(not_understood(&url), name);
            }
        }
        let twice = |name: &str| Error::Twice(name.to_owned());
        for (url, error) in [
            ("postgres://db/log?sslmode=verify-full&sslmode=disable", twice("sslmode")),
            ("postgres://db/log?sslmode=verify-full&ssl-mode=disable", twice("sslmode")),
            ("postgres://db/log?ssl=true&ssl=false", twice("ssl")),
            ("postgres://db/log?host=other", twice("host")),
            ("postgres://u@db/log?user=v", twice("user")),
            ("postgres://db/log?ssl=true&sslmode=prefer", Error::TlsOrNot("prefer".to_owned())),
            ("jdbc:postgresql://db/log?sslmode=disable&ssl", Error::TlsOrNot("disable".to_owned())),
            ("postgres://db/log?sslrootcert=ca.pem", Error::NothingChecked("prefer".to_owned())),
            ("postgres://db/log?foo", Error::NoParameter),
            ("postgres://u:54?foo=p@db/log", Error::NoParameter),
            ("postgres://db/log?password=p&foo=p", Error::AfterPassword(UNDERSTOOD.join(", "))),
        ] {
            assert_eq!(refused(url), error);
        }
        for (url, name) in [
            ("postgres://db/log?sslmode=verify", "sslmode"),
            ("postgres://db/log?sslmode=", "sslmode"),
            ("postgres://db/log?ssl=yes", "ssl"),
            ("postgres://db/log?port=0", "port"),
        ] {
            assert!(matches!(refused(url), Error::Value { name: refused, .. } if refused == name), "{url}");
        }
        for url in ["postgres://one:1,two:2/log", "postgres://one,two/log", "postgres://db:port/log"] {
            assert!(matches!(refused(url), Error::Unreadable(_)), "{url}");
        }
    }

    #[test]
    fn what_only_another_driver_needs_is_told() {
        let url = "jdbc:postgresql://db/log?currentSchema=log_service&loggerLevel=OFF&ApplicationName=audit";
        let read = read(url).unwrap();
        assert_eq!(read.ignored_parameters(), ["currentSchema", "loggerLevel"]);
        assert_eq!(read.options.get_application_name(), Some("audit"));
    }

    #[test]
    fn a_login_goes_from_one_url_to_another() {
        let replica = read("postgres://[::1]:5433/log?sslmode=require").unwrap();
        for main in ["postgres://u%40x:p%40ss@main/log", "jdbc:postgresql://main/log?user=u@x&password=p@ss"]
        {
            let read = replica.with_login_of(&read(main).unwrap()).unwrap();
            assert_eq!(read.options.get_username(), "u@x");
            assert_eq!(read.parameters.get("password"), Some("p@ss"));
            assert_eq!(read.to_string(), "[::1]:5433/log");
        }
    }

    #[test]
    fn a_password_alone_names_no_user() {
        for (url, names_user) in [
            ("postgres://u@h/d", true),
            ("postgres://h/d?user=u", true),
            ("postgres://h/d", false),
            ("postgres://:p@h/d", false),
            ("postgres://h/d?password=a@b", false),
        ] {
            assert_eq!(read(url).unwrap().names_user(), names_user, "{url}");
        }
    }
}
