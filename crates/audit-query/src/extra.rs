use std::fmt;

use serde::Serialize;
use serde_json::{Value as Json, value::RawValue};

/// The fields of a message that no column holds: JSON, as the database has it.
///
/// It stays text. As a tree of values it could take thirty times as much memory, and most answers only pass it on.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Extra(Box<RawValue>);

impl Extra {
    /// None: it is no JSON.
    pub(crate) fn new(text: String) -> Option<Self> {
        // Whoever has written it by hand into an SQLite file may have used several lines; a line of NDJSON is one.
        if text.contains(['\n', '\r']) {
            return serde_json::from_str::<Json>(&text).ok().and_then(|json| Self::new(json.to_string()));
        }
        RawValue::from_string(text).ok().map(Self)
    }

    /// What stands in the place of fields that are too large to be read.
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

    /// The value. None: it is nested too deeply.
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
    fn it_is_passed_on_as_it_stands_on_one_line() {
        let passed_on = |text: &str| serde_json::to_string(&Extra::new(text.to_owned()).unwrap()).unwrap();
        let text = r#"{"b": 1.50, "a": [1e3, "\u00e9\n"]}"#;
        assert_eq!(passed_on(text), text);
        assert_eq!(passed_on("{\"a\":\n[1,\r\n 2]}"), r#"{"a":[1,2]}"#);
        assert!(Extra::new("{\"a\":".to_owned()).is_none());
        assert!(Extra::left_out(36_000_000).unwrap().parse().unwrap()["leftOut"].is_string());
    }
}
