//! The file of API tokens: one TOML entry for each.

use std::{collections::HashSet, path::Path};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::TokenError;
use crate::{Roles, reader::is_name};

/// The content of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entries {
    #[serde(default)]
    pub(super) token: Vec<Entry>,
}

/// What is kept of a token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<Uuid>,
    pub(super) sha256: Fingerprint,
    pub(super) roles: Roles,
    pub(super) expires: Expiry,
}

impl Entries {
    /// Parses the file. One invalid entry makes the whole file invalid: otherwise a token that somebody relies on would
    /// silently be gone.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, TokenError> {
        let entries: Self = toml::from_str(text).map_err(|error| TokenError::Content {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            problem: error.message().to_owned(),
        })?;
        let mut names = HashSet::new();
        for entry in &entries.token {
            if !is_name(&entry.name) {
                return Err(TokenError::Name);
            }
            if !names.insert(&entry.name) {
                return Err(TokenError::SameName(entry.name.clone()));
            }
        }
        Ok(entries)
    }

    /// Finds the entry of a token. Every entry is compared in full, so that the time taken reveals nothing.
    pub(super) fn find(&self, token: &str) -> Option<&Entry> {
        let fingerprint = Fingerprint::of(token);
        let mut found = None;
        for entry in &self.token {
            if bool::from(entry.sha256.0.ct_eq(&fingerprint.0)) {
                found = Some(entry);
            }
        }
        found
    }
}

fn line_of(text: &str, position: usize) -> usize {
    1 + text.bytes().take(position).filter(|&byte| byte == b'\n').count()
}

/// The SHA-256 of a token, in the file as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let problem = "sha256 must be 64 hexadecimal digits";
        // `from_str_radix` would also accept a sign.
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(problem);
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| problem)?;
        }
        Ok(Self(bytes))
    }
}

impl From<Fingerprint> for String {
    fn from(Fingerprint(bytes): Fingerprint) -> Self {
        use std::fmt::Write as _;
        bytes.iter().fold(Self::new(), |mut text, byte| {
            // Writing to a string can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// When a token expires: RFC 3339, as text or as TOML's own date-time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub(super) struct Expiry(pub(super) DateTime<Utc>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Time(toml::value::Datetime),
}

impl TryFrom<Written> for Expiry {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let text = match written {
            Written::Text(text) => text,
            Written::Time(time) => time.to_string(),
        };
        let time = DateTime::parse_from_rfc3339(&text)
            .map_err(|_| "expires must be a time with a zone, as 2027-01-31T00:00:00Z")?;
        Ok(Self(time.to_utc()))
    }
}

impl From<Expiry> for String {
    fn from(Expiry(time): Expiry) -> Self {
        time.to_rfc3339_opts(SecondsFormat::Secs, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Entries, TokenError> {
        Entries::parse(text, Path::new("tokens.toml"))
    }

    fn entry(name: &str, rest: &str) -> String {
        format!("[[token]]\nname = '{name}'\nsha256 = '{}'\n{rest}\n", String::from(Fingerprint::of(name)))
    }

    #[test]
    fn an_entry_is_read_with_either_form_of_time() {
        for expires in ["'2027-01-31T09:00:00+09:00'", "2027-01-31T09:00:00+09:00", "2027-01-31 00:00:00Z"] {
            let entries = parse(&entry("a", &format!("roles = ['ops']\nexpires = {expires}"))).unwrap();
            assert_eq!(entries.token[0].expires.0.to_rfc3339(), "2027-01-31T00:00:00+00:00");
        }
    }

    #[test]
    fn a_wrong_entry_is_told_by_its_line_without_showing_it() {
        let good = "roles = ['ops']\nexpires = 2027-01-31T00:00:00Z";
        for (text, expected) in [
            (entry("a", "roles = ['admin']\nexpires = 2027-01-31T00:00:00Z"), "line 4: unknown variant"),
            (entry("a", "roles = ['ops']\nexpires = 2027-01-31"), "line 5: expires must be"),
            (entry("a", &format!("{good}\nexpiry = 1")), "line 6: unknown field `expiry`"),
            (entry("a", "roles = ['ops']"), "missing field `expires`"),
            (format!("\n[[token]]\nname = 'a'\nsha256 = 'tka_secret'\n{good}"), "line 4: sha256 must be"),
            (entry("a", good) + &entry("a", good), "two tokens with the name `a`"),
            (entry("", good), "the name of a token"),
            ("tka_secret".to_owned(), "line 1"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_fingerprint_is_64_digits() {
        let digits = String::from(Fingerprint::of("abc"));
        assert_eq!(digits, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Fingerprint::try_from(digits.to_uppercase()), Ok(Fingerprint::of("abc")));
        assert!(Fingerprint::try_from(format!("+{}", &digits[1..])).is_err());
        assert!(Fingerprint::try_from("가".repeat(64)).is_err());
    }
}
