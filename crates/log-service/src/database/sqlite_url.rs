//! The URL of an SQLite file.

use std::io;

use sea_orm::sqlx::{self, sqlite::SqliteConnectOptions};
use url::form_urlencoded;

use super::url_error::DatabaseUrlError;
use crate::shown::without_credentials;

/// What SQLite keeps beside its file, under the file's name and this.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An SQLite file, and how it is opened.
#[derive(Clone)]
pub struct SqliteUrl {
    /// As the driver understands it.
    pub options: SqliteConnectOptions,
    mode: Mode,
    shown: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No file at all.
    Memory,
    /// A file that is there.
    ReadOnly,
    /// The same, which is written.
    ReadWrite,
    /// It is made if it is not there.
    Create,
}

impl SqliteUrl {
    /// The driver refuses parameters that it does not know, but takes the last of two.
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
        Ok(Self { options, mode, shown: without_credentials(text) })
    }

    /// The URL as it may be shown.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Makes the file if it is to be made, and sees to it that all of SQLite's files are for their owner alone: it gives
    /// those that it makes later the rights of this one.
    pub(super) fn keep_private(&self, may_make: bool) -> io::Result<()> {
        let file = self.options.get_filename();
        match self.mode {
            Mode::Memory | Mode::ReadOnly => return Ok(()),
            Mode::Create if may_make => private_files::make(file)?,
            Mode::Create | Mode::ReadWrite => {
                if !private_files::tighten(file)? {
                    return Err(io::ErrorKind::NotFound.into());
                }
            }
        }
        for suffix in BESIDE {
            let mut beside = file.as_os_str().to_owned();
            beside.push(suffix);
            private_files::tighten(beside.as_ref())?;
        }
        Ok(())
    }
}
