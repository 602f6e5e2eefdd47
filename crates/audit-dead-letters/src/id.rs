use std::{fmt, str::FromStr};

use audit_core::Domain;
use sha2::{Digest, Sha256};

/// The id of a dead letter: the first 16 hexadecimal digits of the SHA-256 of its domain and body.
///
/// It is the same in each scan and on each replica. Messages of one domain with the same body share it: they are the same
/// event, sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterId(u64);

/// Not an id.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected 16 hexadecimal digits, as a list of dead letters has them")]
pub struct InvalidId;

const DIGITS: usize = 16;

impl LetterId {
    /// The id of a message.
    #[must_use]
    pub fn of(domain: Domain, body: &[u8]) -> Self {
        // No domain's name contains this byte, so the two parts can't be confused.
        let digest =
            Sha256::new().chain_update(domain.name()).chain_update([0]).chain_update(body).finalize();
        Self(digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for LetterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for LetterId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let is_id =
            text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = is_id.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(InvalidId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_domain_and_body_alone() {
        let id = |domain, body: &str| LetterId::of(Domain::new(domain), body.as_bytes());
        assert_eq!(id("payment", "hello").to_string(), "a72956909963d291");
        assert_eq!(id("payment", "hello"), id("payment", "hello"));
        assert_ne!(id("payment", "hello"), id("user", "hello"));
        assert_ne!(id("reservation", "-seat"), id("reservation-seat", ""));
    }

    #[test]
    fn it_is_read_back_as_it_is_written() {
        let id = LetterId::of(Domain::new("user"), b"");
        assert_eq!(id.to_string().parse::<LetterId>().unwrap(), id);
        for text in
            ["", "123", "+123456789abcdef", "0123456789abcdeg", "0123456789ABCDEF", "0123456789abcdef0"]
        {
            assert!(text.parse::<LetterId>().is_err(), "{text}");
        }
    }
}
