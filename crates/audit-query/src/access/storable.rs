//! Text and JSON in a form that every database stores, so that no question can prevent its own record.

use serde_json::Value as Json;

use crate::limits::MAX_TEXT_CHARS;

/// Stands for NUL, which PostgreSQL keeps neither in text nor in JSON.
const NUL: &str = "\u{2400}";

/// Text of a column.
pub(super) fn text(text: String) -> String {
    let mut text = visible(text);
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT_CHARS) {
        text.truncate(end);
    }
    text
}

/// A question with its names and values.
pub(super) fn json(query: Json) -> Json {
    match query {
        Json::String(text) => Json::String(visible(text)),
        Json::Array(values) => values.into_iter().map(json).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(name, value)| (visible(name), json(value))).collect()
        }
        other => other,
    }
}

fn visible(text: String) -> String {
    if text.contains('\0') { text.replace('\0', NUL) } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    use super::*;

    #[test]
    fn nul_is_shown_in_names_and_values() {
        let query = value!({"a\0": ["\0", {"b": "c\0d"}, 1, null]});
        assert_eq!(json(query), value!({"a␀": ["␀", {"b": "c␀d"}, 1, null]}));
    }

    #[test]
    fn text_is_cut_to_its_column() {
        assert_eq!(text("김".repeat(300)), "김".repeat(255));
        assert_eq!(text("a\0".to_owned()), "a␀");
    }
}
