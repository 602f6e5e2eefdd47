//! API tokens. The service keeps a file with the SHA-256 of each; 256 random bits need no slower hash.

mod entry;
mod file;
mod new;

use std::{io, path::PathBuf};

use super::reader::LONGEST_NAME;

pub(super) use file::TokensFile;
pub use new::NewToken;

/// What every API token starts with, so that scanners find one that leaked, and a JWT is told apart.
pub(crate) const PREFIX: &str = "tka_";

/// What is wrong with a file of API tokens, or with a new entry of it.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read or written.
    #[error("{} can't be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Its content is not what it should be.
    #[error("{}, line {line}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Where.
        line: usize,
        /// What is wrong. The line itself is not shown: somebody may have put a token there.
        problem: String,
    },
    /// Two tokens can't have one name: it is how they are told apart when one is taken away.
    #[error("there are two tokens with the name `{0}`")]
    SameName(String),
    /// The name is none.
    #[error("the name of a token has 1 to {LONGEST_NAME} characters, none of them a control character")]
    Name,
    /// Nobody could ever use it.
    #[error("the token would be expired from the start")]
    Expired,
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The entry can't be written as TOML.
    #[error("the entry can't be written: {0}")]
    Write(#[from] toml::ser::Error),
}
