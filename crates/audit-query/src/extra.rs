use std::fmt;

use serde::Serialize;
use serde_json::{Value as Json, value::RawValue};

/// The fields of a message that no column holds, as JSON text.
///
/// It is not parsed: as a tree of values it could take thirty times as much memory, and most answers only pass it on.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Extra(Box<RawValue>);

impl Extra {
    /// `None` if the text is not JSON.
    pub(crate) fn new(mut text: String) -> Option<Self> {
        // PostgreSQL adds white space between values. Without it, both databases give the same text, on one line.
        let (mut in_text, mut is_escaped) = (false, false);
        text.retain(|character| {
            let is_end = character == '"' && !is_escaped;
            is_escaped = in_text && character == '\\' && !is_escaped;
            in_text ^= is_end;
            in_text || !character.is_ascii_whitespace()
        });
        RawValue::from_string(text).ok().map(Self)
    }

    /// Replaces fields that are too large to be read.
    pub(crate) fn left_out(bytes: u64) -> Option<Self> {
        Self::new(format!(
            r#"{{"leftOut":"these fields have {bytes} bytes, more than reading.max_page_bytes allows"}}"#
        ))
    }

    /// The JSON.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// The value; `None` if it is nested too deeply.
    #[must_use]
    pub fn parse(&self) -> Option<Json> {
        serde_json::from_str(self.text()).ok()
    }
}

impl fmt::Display for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl From<&Json> for Extra {
    fn from(json: &Json) -> Self {
        Self(RawValue::from_string(json.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_passed_on_unchanged_but_for_white_space() {
        let passed_on = |text: &str| serde_json::to_string(&Extra::new(text.to_owned()).unwrap()).unwrap();
        let text = r#"{"b": 1.50,"a \" :": [1e3, "\u00e9 \\" ]}"#;
        assert_eq!(passed_on(text), r#"{"b":1.50,"a \" :":[1e3,"\u00e9 \\"]}"#);
        assert_eq!(passed_on("{\"a b\":\n[1,\r\n 2]}"), r#"{"a b":[1,2]}"#);
        assert!(Extra::new("{\"a\":".to_owned()).is_none());
        assert!(Extra::left_out(36_000_000).unwrap().parse().unwrap()["leftOut"].is_string());
    }
}
