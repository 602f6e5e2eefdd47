/// Why a URL names no database. Nothing is repeated that may be of a password.
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
    /// The server would choose one: most often that of its own administration.
    #[error("it names no database: add its name, as in postgres://HOST:5432/audit")]
    NoDatabase,
    /// SQLite would make a file that goes away.
    #[error("it names no file: add its name, as in sqlite://log-service.db?mode=rwc")]
    NoFile,
    /// A parameter that means nothing here, or something that is not done here.
    #[error(
        "its parameter `{name}` is not understood: mend its name, or leave it out; understood are {understood}"
    )]
    NotUnderstood {
        /// As it is written.
        name: String,
        /// Those that are.
        understood: String,
    },
    /// The same after a password, of which it may be a part: it is not named.
    #[error(
        "a parameter after its password is not understood: mend its name, or leave it out; an & in a password is written \
         %26; understood are {0}"
    )]
    AfterPassword(String),
    /// Something after the `?` that has no value. It may be what follows an `&` in a password.
    #[error("it has something after the ? that is not NAME=VALUE; an & in a password is written %26")]
    NoParameter,
    /// Only one of the two would count.
    #[error("it names `{0}` twice: leave one of them out")]
    Twice(String),
    /// A parameter with a value that means nothing.
    #[error("`{name}` must be {expected}")]
    Value {
        /// The parameter, or the variable that stands for it.
        name: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// One of them asks for TLS, the other goes without.
    #[error(
        "`ssl=true` asks for TLS, and `sslmode={0}` can go without: leave one of them out; `ssl=true` alone means \
         sslmode=verify-full"
    )]
    TlsOrNot(String),
    /// Certificates to check with, and nothing is checked.
    #[error(
        "`sslrootcert` is there to check the server's certificate, and sslmode={0} does not: set sslmode=verify-full"
    )]
    NothingChecked(String),
}

impl DatabaseUrlError {
    /// A parameter that is not one of those.
    pub(super) fn not_understood(name: &str, value: &str, understood: &[&str]) -> Self {
        let is_word =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte));
        if value.is_empty() || value.contains('@') || !is_word(name) {
            return Self::NoParameter;
        }
        Self::NotUnderstood { name: name.to_owned(), understood: understood.join(", ") }
    }
}
