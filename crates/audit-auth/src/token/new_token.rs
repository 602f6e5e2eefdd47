use std::{
    io::{Read, Write},
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::{
    TOKEN_PREFIX, TokenError,
    entry::{Entries, Entry, Expiry, Fingerprint},
};
use crate::{Roles, reader::is_name};

/// A newly made API token. Its secret is not available later.
#[derive(Debug)]
pub struct NewToken {
    secret: SecretString,
    entry: String,
}

impl NewToken {
    /// Makes a token of 256 random bits.
    pub fn make(name: &str, roles: Roles, expires: DateTime<Utc>) -> Result<Self, TokenError> {
        if !is_name(name) {
            return Err(TokenError::Name);
        }
        if expires <= Utc::now() {
            return Err(TokenError::Expired);
        }
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let secret = SecretString::from(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(random)));
        let entry = Entry {
            name: name.to_owned(),
            id: None,
            sha256: Fingerprint::of(secret.expose_secret()),
            roles,
            expires: Expiry(expires),
        };
        let entry = toml::to_string(&Entries { token: vec![entry] })?;
        Ok(Self { secret, entry })
    }

    /// The token itself, for its reader.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// The entry for the file of tokens: TOML, without the secret.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Appends the entry to a file, which only its owner may read. A file that others may read, that is invalid, or that
    /// has the name already, is not changed.
    pub fn append(&self, path: &Path) -> Result<(), TokenError> {
        let unusable = |source| TokenError::File { path: path.to_owned(), source };
        let mut file = private_files::append(path).map_err(unusable)?;
        // Until the file is closed: two processes that append at the same time would not see each other's name.
        file.lock().map_err(unusable)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unusable)?;
        let separator = match text.as_str() {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let added = format!("{separator}{}", self.entry);
        text.push_str(&added);
        Entries::parse(&text, path)?;
        // One write: a concurrent reader sees the whole entry or none of it.
        file.write_all(added.as_bytes()).and_then(|()| file.sync_all()).map_err(unusable)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::TimeDelta;

    use super::*;

    fn token(name: &str) -> Result<NewToken, TokenError> {
        NewToken::make(name, Roles::all(), Utc::now() + TimeDelta::days(1))
    }

    #[test]
    fn a_token_is_prefixed_random_and_shown_by_no_debug_output() {
        let (one, other) = (token("a").unwrap(), token("a").unwrap());
        let secret = one.secret().expose_secret();
        assert!(secret.starts_with("tka_") && secret.len() == 4 + 43, "{secret}");
        assert_ne!(secret, other.secret().expose_secret());
        assert!(!format!("{one:?}{}", one.entry()).contains(secret));
    }

    #[test]
    fn a_new_file_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        token("a").unwrap().append(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, fs::read_to_string(&path).unwrap().trim_end()).unwrap();
        token("b \"quoted\"").unwrap().append(&path).unwrap();
        let entries = Entries::parse(&fs::read_to_string(&path).unwrap(), &path).unwrap();
        assert_eq!(entries.token.iter().map(|entry| &entry.name).collect::<Vec<_>>(), ["a", "b \"quoted\""]);
    }

    #[test]
    fn a_name_that_is_taken_or_a_broken_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        token("a").unwrap().append(&path).unwrap();
        let before = fs::read_to_string(&path).unwrap();
        assert!(matches!(token("a").unwrap().append(&path), Err(TokenError::SameName(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), before);
        fs::write(&path, "broken").unwrap();
        assert!(matches!(token("b").unwrap().append(&path), Err(TokenError::Content { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "broken");
    }

    #[test]
    fn a_token_has_a_name_and_a_future() {
        assert!(matches!(token(""), Err(TokenError::Name)));
        assert!(matches!(token("a\nb"), Err(TokenError::Name)));
        assert!(matches!(NewToken::make("a", Roles::all(), Utc::now()), Err(TokenError::Expired)));
    }
}
