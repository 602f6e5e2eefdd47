//! Why a URL names no database.

/// Why a URL names no database. It repeats nothing that may be part of a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Another kind of URL.
    #[error("it must start with sqlite://, postgres:// or jdbc:postgresql://")]
    Scheme,
    /// Something in it can't be read.
    #[error(
        "it can't be read as the URL of one database server: {0}; special characters in user and password are \
         percent-encoded: %40 for @, %2F for /, %3A for :, %3F for ?, %23 for #, %26 for &"
    )]
    Unreadable(String),
    /// The server would choose one, most often that of its own administration.
    #[error("it names no database: add its name, as in postgres://HOST:5432/audit")]
    NoDatabase,
    /// SQLite would create a temporary file.
    #[error("it names no file: add its name, as in sqlite://log-service.db?mode=rwc")]
    NoFile,
    /// A parameter that means nothing here, or asks for something that is not supported.
    #[error(
        "its parameter `{name}` is not understood: mend its name, or leave it out; understood are {understood}"
    )]
    NotUnderstood {
        /// Its name, as it is written.
        name: String,
        /// The parameters that are understood.
        understood: String,
    },
    /// The same after a password. It may be part of the password, so it is not named.
    #[error(
        "a parameter after its password is not understood: mend its name, or leave it out; an & in a password is written \
         %26; understood are {0}"
    )]
    AfterPassword(String),
    /// Something after the `?` without a value. It may be the rest of a password with an `&`.
    #[error("it has something after the ? that is not NAME=VALUE; an & in a password is written %26")]
    NoParameter,
    /// Only one of the two would count.
    #[error("it names `{0}` twice: leave one of them out")]
    Twice(String),
    /// A parameter with a value that is not understood.
    #[error("`{name}` must be {expected}")]
    Value {
        /// The parameter, or the environment variable in its place.
        name: &'static str,
        /// The values that are understood.
        expected: &'static str,
    },
    /// One parameter asks for TLS, another one can go without.
    #[error(
        "`ssl=true` asks for TLS, and `sslmode={0}` can go without: leave one of them out; `ssl=true` alone means \
         sslmode=verify-full"
    )]
    TlsOrNot(String),
    /// There is a root certificate, and a mode that does not check the server's.
    #[error(
        "`sslrootcert` is there to check the server's certificate, and sslmode={0} does not: set sslmode=verify-full"
    )]
    NothingChecked(String),
}

impl DatabaseUrlError {
    /// The error for a parameter that is not among those that are understood.
    pub(super) fn not_understood(name: &str, value: &str, understood: &[&str]) -> Self {
        let is_word =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte));
        if value.is_empty() || value.contains('@') || !is_word(name) {
            return Self::NoParameter;
        }
        Self::NotUnderstood { name: name.to_owned(), understood: understood.join(", ") }
    }
}
