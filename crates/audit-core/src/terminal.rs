//! Untrusted text on a terminal.
//!
//! A terminal obeys control characters: they move the cursor, change the screen, and can produce input as if the user had
//! typed it. Direction marks reorder the text around them, and zero-width characters are invisible.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character controls the terminal, or is invisible.
#[must_use]
pub fn steers(character: char) -> bool {
    // Most text is ASCII, and need not be compared with the long list.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(character,
            // Other line separators.
            '\u{2028}' | '\u{2029}'
            // Direction marks.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Characters of no width, or without a glyph.
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the text on one line with everything visible: an escape character becomes `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, steers, |shown, character| {
        let _ = write!(shown, "{}", character.escape_unicode());
    })
}

/// Returns the same JSON with such characters escaped, like `\u009b`. White space between values stays.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    // The only ASCII control character that JSON's strings can have unescaped.
    let is_escaped = |character: char| character == '\u{7f}' || (!character.is_ascii() && steers(character));
    escaped(json, is_escaped, |shown, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    let Some(first) = text.find(&is_escaped) else { return text.into() };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for character in text[first..].chars() {
        if is_escaped(character) {
            escape(&mut shown, character);
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert_eq!(visible("1층\u{1b}[2J\nx\u{202e}y"), "1층\\u{1b}[2J\\u{a}x\\u{202e}y");
        assert_eq!(visible("\u{9b}2J\u{7f}\r\u{200b}"), "\\u{9b}2J\\u{7f}\\u{d}\\u{200b}");
        assert!(matches!(visible("1층 A구역 ❤️"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_in_escapes() {
        let said = "\u{1b}\u{7f}\u{9b}\u{202e}\u{2028}\u{e0041}\u{200b}\"\\ 층\n";
        let json = serde_json::json!({ said: [said] });
        for written in [json.to_string(), format!("{json:#}")] {
            let shown = visible_json(&written);
            assert!(!shown.chars().any(|character| character != '\n' && steers(character)), "{shown}");
            assert!(shown.contains("층"), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), json);
        }
    }
}
