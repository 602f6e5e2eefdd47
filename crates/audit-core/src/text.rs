use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::decimal;

/// Text that fits into a log column: at most 255 characters, and no NUL, which PostgreSQL can't store.
///
/// ```
/// use audit_core::Text;
///
/// let seat: Text = "1층 A구역 3열 12번".parse()?;
/// assert_eq!(seat.as_str(), "1층 A구역 3열 12번");
/// assert!("x".repeat(256).parse::<Text>().is_err());
/// # Ok::<(), audit_core::TextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Text(Cow<'static, str>);

/// Why some text can't be a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Longer than [`Text::MAX_CHARS`].
    #[error("is {0} characters long, at most {max} are stored", max = Text::MAX_CHARS)]
    TooLong(usize),
    /// Contains a NUL character.
    #[error("holds a NUL character, which can't be stored")]
    Nul,
}

impl Text {
    /// The longest text, in Unicode characters: the width of the original's columns.
    pub const MAX_CHARS: usize = 255;

    /// Text from the program itself. In a constant, it is checked at compile time.
    ///
    /// # Panics
    /// If it is longer than 255 bytes or contains a NUL character.
    #[must_use]
    pub const fn constant(text: &'static str) -> Self {
        assert!(text.len() <= Self::MAX_CHARS, "is too long to be stored");
        let (bytes, mut at) = (text.as_bytes(), 0);
        while at < bytes.len() {
            assert!(bytes[at] != 0, "holds a NUL character, which can't be stored");
            at += 1;
        }
        Self(Cow::Borrowed(text))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        // There are never fewer bytes than characters, so short text, the usual case, need not be counted.
        if text.len() > Self::MAX_CHARS {
            let chars = text.chars().count();
            if chars > Self::MAX_CHARS {
                return Err(TextError::TooLong(chars));
            }
        }
        if text.as_bytes().contains(&0) {
            return Err(TextError::Nul);
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for Text {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        text.to_owned().try_into()
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into_owned()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Trimmed text. A number or Boolean is read as the text that it is written as, like Java does.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> de::Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
        text.trim().parse().map_err(E::custom)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Text, E> {
        self.visit_str(if value { "true" } else { "false" })
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, fields: A) -> Result<Text, A::Error> {
        match decimal::digits(fields)? {
            Some(digits) => self.visit_str(&digits),
            None => Err(de::Error::invalid_type(de::Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!("가".repeat(255).parse::<Text>().is_ok());
        assert_eq!("가".repeat(256).parse::<Text>(), Err(TextError::TooLong(256)));
    }

    #[test]
    fn white_space_around_it_is_left_out_when_it_is_read() {
        let read = |json| serde_json::from_str::<Text>(json).unwrap();
        assert_eq!(read(r#"" \n1층 A구역\u3000\u00a0""#).as_str(), "1층 A구역");
        assert_eq!(read(r#""  ""#).as_str(), "");
        assert_eq!(read(&format!("\" {} \"", "가".repeat(255))).as_str().chars().count(), 255);
    }

    #[test]
    fn a_number_or_a_truth_value_is_read_as_it_is_written() {
        let read = |json| serde_json::from_str::<Text>(json).map(String::from);
        for json in ["7", "-20.50", "12345678901234567890.10", "true", "false"] {
            assert_eq!(read(json).unwrap(), json);
        }
        for json in ["null", "[]", "{}", r#"{"name":"CONFIRM"}"#] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_nul_character_is_refused() {
        assert_eq!("a\0b".parse::<Text>(), Err(TextError::Nul));
    }
}
