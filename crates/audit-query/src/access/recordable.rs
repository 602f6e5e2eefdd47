//! What was asked, in a form that every database keeps: no question may go unrecorded for how it is written.

use serde_json::Value as Json;

use crate::LONGEST_TEXT;

/// Stands for NUL, which PostgreSQL keeps neither in text nor in JSON.
const NUL: &str = "\u{2400}";

/// Text of a column.
pub(super) fn column(text: String) -> String {
    let mut text = visible(text);
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
    }
    text
}

/// A question with its names and values.
pub(super) fn json(question: Json) -> Json {
    match question {
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
    fn nul_is_shown_wherever_it_stands() {
        let question = value!({"a\0": ["\0", {"b": "c\0d"}, 1, null]});
        assert_eq!(json(question), value!({"a␀": ["␀", {"b": "c␀d"}, 1, null]}));
    }

    #[test]
    fn text_is_cut_to_its_column() {
        assert_eq!(column("김".repeat(300)), "김".repeat(255));
        assert_eq!(column("a\0".to_owned()), "a␀");
    }
}
