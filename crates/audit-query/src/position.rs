use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::Entry;

/// How far a tail has read: the last `seq` of each domain. As text, `payment:12,user:3`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(pub(crate) BTreeMap<String, i64>);

/// A text that is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position: it is the domains with their last seq, such as payment:12,user:3")]
pub struct InvalidPosition;

impl Position {
    /// The last `seq` of a domain; 0 if the position does not name it.
    pub(crate) fn of(&self, domain: &str) -> i64 {
        self.0.get(domain).copied().unwrap_or(0)
    }

    /// Goes back to before some events, so that they will be read again.
    pub fn go_back_before<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>) {
        for entry in entries {
            let seq = self.0.entry(entry.domain.name().to_owned()).or_default();
            *seq = (*seq).min(entry.seq - 1);
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (domain, seq)) in self.0.iter().enumerate() {
            write!(f, "{}{domain}:{seq}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let read = |part: &str| {
            let (domain, seq) = part.split_once(':')?;
            // It is sent back in a line of its own: nothing in it may break the line.
            if !domain.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            {
                return None;
            }
            Some((domain.to_owned(), seq.parse().ok().filter(|seq| *seq >= 0)?))
        };
        let parts = text.split(',').filter(|part| !part.is_empty());
        parts.map(read).collect::<Option<_>>().map(Self).ok_or(InvalidPosition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_domains_with_numbers_and_nothing_that_breaks_a_line() {
        let text = "payment:12,reservation-seat:0";
        assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        for text in ["payment", "payment:-1", "payment:x", "pay\nment:1", "pay\0:1"] {
            assert_eq!(text.parse::<Position>(), Err(InvalidPosition), "{text:?}");
        }
    }
}
