//! API tokens. The service keeps a file with the SHA-256 of each; 256 random bits need no slower hash.

mod entry;
mod new_token;
mod tokens_file;

use std::{io, path::PathBuf};

use crate::reader::MAX_NAME_CHARS;

pub use new_token::NewToken;
pub(crate) use tokens_file::TokensFile;

/// The prefix of every API token. It lets scanners find one that leaked, and tells it from a JWT.
pub const TOKEN_PREFIX: &str = "tka_";

/// Why a file of API tokens, or a new entry, can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read or written.
    #[error("{} can't be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The content of the file is invalid.
    #[error("{}, line {line}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong. The line itself is not shown, as it may contain a token.
        problem: String,
    },
    /// Two tokens have the same name, which identifies the one to revoke.
    #[error("there are two tokens with the name `{0}`")]
    SameName(String),
    /// The name is invalid.
    #[error("the name of a token has 1 to {MAX_NAME_CHARS} characters, none of them a control character")]
    Name,
    /// The token would never be valid.
    #[error("the token would be expired from the start")]
    Expired,
    /// The system provides no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
    /// The entry can't be written as TOML.
    #[error("the entry can't be written: {0}")]
    Write(#[from] toml::ser::Error),
}
