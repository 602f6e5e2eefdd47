//! The parameters of a PostgreSQL URL, and what they mean.

use std::{collections::BTreeMap, env};

use percent_encoding::percent_decode_str;
use sea_orm::sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

use super::error::DatabaseUrlError;

/// The parameters that are understood, by libpq's names. The driver knows some under other names as well.
pub(super) const UNDERSTOOD: [&str; 15] = [
    "user",
    "password",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "ssl",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "application_name",
    "options",
    "options[…]",
    "statement-cache-capacity",
];

/// Settings of the JDBC driver and of libpq. Those that matter here are keys of the configuration.
pub(super) const IGNORED: [&str; 47] = [
    "adaptiveFetch",
    "adaptiveFetchMaximum",
    "adaptiveFetchMinimum",
    "allowEncodingChanges",
    "assumeMinServerVersion",
    "autosave",
    "binaryTransfer",
    "binaryTransferDisable",
    "binaryTransferEnable",
    "cancelSignalTimeout",
    "cleanupSavepoints",
    "connectTimeout",
    "connect_timeout",
    "currentSchema",
    "databaseMetadataCacheFields",
    "databaseMetadataCacheFieldsMiB",
    "defaultRowFetchSize",
    "disableColumnSanitiser",
    "escapeSyntaxCallMode",
    "fallback_application_name",
    "groupStartupParameters",
    "hideUnprivilegedObjects",
    "hostRecheckSeconds",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "loggerFile",
    "loggerLevel",
    "loginTimeout",
    "logServerErrorDetail",
    "logUnclosedConnections",
    "maxResultBuffer",
    "maxSendBufferSize",
    "preferQueryMode",
    "prepareThreshold",
    "preparedStatementCacheQueries",
    "preparedStatementCacheSizeMiB",
    "receiveBufferSize",
    "reWriteBatchedInserts",
    "sendBufferSize",
    "socketTimeout",
    "stringtype",
    "tcpKeepAlive",
    "tcpNoDelay",
    "tcp_user_timeout",
    "unknownLength",
];

/// Whether a parameter is known, here or to another driver.
pub(super) fn is_known(name: &str) -> bool {
    IGNORED.contains(&name) || understood(name).is_some()
}

/// Whether a known parameter's value may be shown. Options can hold anything that a server's extensions know.
pub(super) fn is_public(name: &str) -> bool {
    name != "password" && !name.starts_with("options")
}

/// A parameter's name without its variants, if it is understood.
pub(super) fn understood(name: &str) -> Option<&str> {
    Some(match name {
        "ssl-mode" => "sslmode",
        "ssl-root-cert" | "ssl-ca" => "sslrootcert",
        "ssl-cert" => "sslcert",
        "ssl-key" => "sslkey",
        "hostaddr" => "host",
        "ApplicationName" => "application_name",
        name if name.starts_with("options[") && name.ends_with(']') => name,
        name => UNDERSTOOD.into_iter().find(|understood| *understood == name)?,
    })
}

/// All parts of a URL, in the form of parameters.
#[derive(Clone, Default)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn of_server_and_login(url: &Url) -> Result<Self, DatabaseUrlError> {
        let host = match url.host() {
            // Without the brackets, which are the URL's.
            Some(Host::Ipv6(address)) => Some(address.to_string()),
            Some(Host::Ipv4(address)) => Some(address.to_string()),
            Some(Host::Domain(name)) => Some(decoded(name)?),
            None => None,
        };
        let parts = [
            ("host", host),
            ("port", url.port().map(|port| port.to_string())),
            ("user", Some(decoded(url.username())?)),
            ("password", url.password().map(decoded).transpose()?),
            ("dbname", Some(decoded(url.path().trim_start_matches('/'))?)),
        ];
        let mut parameters = Self::default();
        for (name, value) in parts {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                parameters.add(name, value)?;
            }
        }
        Ok(parameters)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds the user and password of another URL, unless this one has its own.
    pub(super) fn with_login_of(mut self, other: &Self) -> Self {
        for name in ["user", "password"] {
            if let Some(value) = other.get(name) {
                self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
            }
        }
        self
    }

    pub(super) fn add(&mut self, name: &str, value: String) -> Result<(), DatabaseUrlError> {
        if name == "host" && value.contains([',', '[']) {
            return Err(DatabaseUrlError::Unreadable("it has a host that is no name or address".to_owned()));
        }
        if name == "port" && !value.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(DatabaseUrlError::Value { name: "port", expected: "a number from 1 to 65535" });
        }
        if self.0.insert(name.to_owned(), value).is_some() {
            return Err(DatabaseUrlError::Twice(name.to_owned()));
        }
        Ok(())
    }

    /// Makes one `sslmode` of everything that concerns TLS, at least as strict as each parameter.
    #[expect(clippy::disallowed_methods, reason = "the driver reads libpq's variables, too")]
    pub(super) fn settle_tls(&mut self) -> Result<(), DatabaseUrlError> {
        let ssl = match self.0.remove("ssl").map(|value| value.to_ascii_lowercase()).as_deref() {
            Some("" | "true") => true,
            Some("false") | None => false,
            Some(_) => return Err(DatabaseUrlError::Value { name: "ssl", expected: "true or false" }),
        };
        let (name, written) = match self.0.remove("sslmode") {
            // The driver passes over a value there that it does not know.
            None if !ssl => ("PGSSLMODE", env::var("PGSSLMODE").ok()),
            in_url => ("sslmode", in_url),
        };
        let written = written.map(|mode| mode.to_ascii_lowercase());
        let mode = match written.as_deref() {
            // As in the JDBC driver.
            None if ssl => "verify-full",
            Some(mode @ ("disable" | "allow" | "prefer")) if ssl => {
                return Err(DatabaseUrlError::TlsOrNot(mode.to_owned()));
            }
            // With `allow`, the driver would never use TLS.
            None | Some("allow") => "prefer",
            Some(mode @ ("disable" | "prefer" | "require" | "verify-ca" | "verify-full")) => mode,
            Some(_) => {
                let expected = "disable, allow, prefer, require, verify-ca or verify-full";
                return Err(DatabaseUrlError::Value { name, expected });
            }
        };
        let has_authority = self.0.contains_key("sslrootcert");
        let mode = match mode {
            // As in libpq. The driver would not look at the certificate.
            "require" if has_authority || env::var_os("PGSSLROOTCERT").is_some() => "verify-ca",
            "disable" | "prefer" if has_authority => {
                return Err(DatabaseUrlError::NothingChecked(mode.to_owned()));
            }
            mode => mode,
        };
        self.0.insert("sslmode".to_owned(), mode.to_owned());
        Ok(())
    }

    /// The driver's form, which includes what the environment and `~/.pgpass` add.
    pub(super) fn options(&self) -> Result<PgConnectOptions, DatabaseUrlError> {
        let unreadable =
            || DatabaseUrlError::Unreadable("a parameter has a value that can't be used".to_owned());
        let mut url = Url::parse("postgres:///").map_err(|_| unreadable())?;
        url.query_pairs_mut().extend_pairs(&self.0);
        url.as_str().parse().map_err(|_| unreadable())
    }
}

fn decoded(text: &str) -> Result<String, DatabaseUrlError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|error| DatabaseUrlError::Unreadable(error.to_string()))
}
