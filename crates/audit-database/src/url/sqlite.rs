//! The URL of an SQLite file.

use std::io;

use sea_orm::sqlx::{self, sqlite::SqliteConnectOptions};
use url::form_urlencoded;

use super::{error::DatabaseUrlError, redact::redact_credentials};

/// The suffixes of the files that SQLite keeps beside its own.
const SIDE_FILE_SUFFIXES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An SQLite file, and how it is opened.
#[derive(Clone)]
pub struct SqliteUrl {
    /// The driver's form of it.
    pub options: SqliteConnectOptions,
    mode: Mode,
    redacted: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No file at all.
    Memory,
    /// An existing file, only read.
    ReadOnly,
    /// An existing file, read and written.
    ReadWrite,
    /// A file that is created if it does not exist.
    Create,
}

impl SqliteUrl {
    /// Reads a URL. The driver refuses parameters that it does not know, but takes the last of two with one name.
    pub(super) fn read(text: &str) -> Result<Self, DatabaseUrlError> {
        const UNDERSTOOD: [&str; 4] = ["mode", "cache", "immutable", "vfs"];
        let (_, query) = text.split_once('?').unwrap_or((text, ""));
        let (mut names, mut mode) = (Vec::new(), Mode::ReadWrite);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !UNDERSTOOD.contains(&&*name) {
                return Err(DatabaseUrlError::not_understood(&name, &value, &UNDERSTOOD));
            }
            if names.contains(&name) {
                return Err(DatabaseUrlError::Twice(name.into_owned()));
            }
            match (&*name, &*value) {
                ("mode", "memory") => mode = Mode::Memory,
                ("mode", "ro") => mode = Mode::ReadOnly,
                ("mode", "rwc") => mode = Mode::Create,
                _ => {}
            }
            names.push(name);
        }
        if text.contains(":memory:") {
            mode = Mode::Memory;
        }
        let options: SqliteConnectOptions = text.parse().map_err(|error: sqlx::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            DatabaseUrlError::Unreadable(cause.unwrap_or_else(|| error.to_string()))
        })?;
        // SQLite takes an empty name for a file that goes away with the connection.
        if options.get_filename().as_os_str().is_empty() && mode != Mode::Memory {
            return Err(DatabaseUrlError::NoFile);
        }
        Ok(Self { options, mode, redacted: redact_credentials(text) })
    }

    /// The URL without credentials.
    #[must_use]
    pub fn redacted(&self) -> &str {
        &self.redacted
    }

    /// Whether there is a database to open.
    pub(crate) fn exists(&self) -> bool {
        self.mode == Mode::Memory || self.options.get_filename().exists()
    }

    /// Creates the file if the URL says so and `may_create` allows it, and makes all of SQLite's files private to their
    /// owner. SQLite gives those that it creates later the rights of this one.
    pub(crate) fn keep_private(&self, may_create: bool) -> io::Result<()> {
        let file = self.options.get_filename();
        match self.mode {
            Mode::Memory | Mode::ReadOnly => return Ok(()),
            Mode::Create if may_create => private_files::make(file)?,
            Mode::Create | Mode::ReadWrite => {
                if !private_files::tighten(file)? {
                    return Err(io::ErrorKind::NotFound.into());
                }
            }
        }
        for suffix in SIDE_FILE_SUFFIXES {
            let mut beside = file.as_os_str().to_owned();
            beside.push(suffix);
            private_files::tighten(beside.as_ref())?;
        }
        Ok(())
    }
}
