//! Unpaired surrogates. Java can cut text between the two halves of an emoji, and then writes a JSON escape that is not a
//! character.

/// The length of `\\ud83d`.
const ESCAPE: usize = 6;

/// The same JSON with U+FFFD in place of each unpaired surrogate; `None` if there is none.
pub(super) fn paired(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = None;
    let mut at = 0;
    while let Some(rest) = json.get(at..).filter(|rest| !rest.is_empty()) {
        at += match rest {
            [b'\\', b'u', ..] => match (half(rest), rest.get(ESCAPE..).and_then(half)) {
                (Some(Half::Leading), Some(Half::Trailing)) => 2 * ESCAPE,
                (Some(_), _) => {
                    let mended: &mut Vec<u8> = mended.get_or_insert_with(|| json.to_vec());
                    mended.splice(at..at + ESCAPE, *br"\ufffd");
                    ESCAPE
                }
                (None, _) => 2,
            },
            [b'\\', ..] => 2,
            _ => 1,
        };
    }
    mended
}

#[derive(Clone, Copy)]
enum Half {
    Leading,
    Trailing,
}

/// Which half of a pair the escape at the beginning of the text is.
fn half(json: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = json else { return None };
    if !third.is_ascii_hexdigit() || !fourth.is_ascii_hexdigit() {
        return None;
    }
    match second {
        b'8' | b'9' | b'a' | b'b' | b'A' | b'B' => Some(Half::Leading),
        b'c'..=b'f' | b'C'..=b'F' => Some(Half::Trailing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(json: &str) -> Option<String> {
        paired(json.as_bytes()).map(|mended| String::from_utf8(mended).unwrap())
    }

    #[test]
    fn halves_alone_are_replaced() {
        for (json, expected) in [
            (r#""X\ud83d""#, r#""X\ufffd""#),
            (r#""\uDE00X""#, r#""\ufffdX""#),
            (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\\ud83d""#, r#""\\\ufffd""#),
        ] {
            assert_eq!(mended(json).as_deref(), Some(expected), "{json}");
        }
    }

    #[test]
    fn whole_pairs_and_other_escapes_are_left_alone() {
        for json in
            [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\u00e9\ufffd\ud7ff""#, r#""\ud8""#, r"\", r"\u", ""]
        {
            assert_eq!(mended(json), None, "{json}");
        }
    }
}
