//! Text in the cell of a file that a spreadsheet program opens.
//!
//! Such a program runs what begins like a formula, and converts what looks like a number or a date: `3-12` becomes a day in
//! December, `00012` becomes twelve, and long numbers lose their last digits. A leading apostrophe makes it text.

use std::borrow::Cow;

use audit_core::terminal::steers;

/// The first characters of a formula. To some programs, the wide and the small forms are the same.
const FORMULA: [char; 13] =
    ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\u{fe66}', '\u{fe62}', '\u{fe63}', '\u{fe6b}', '\u{2212}'];
/// Where the next cell begins in a program that separates by semicolons or tabs, as in most of Europe. Such a program
/// does not recognize the quotation marks around a cell.
const SEPARATORS: [char; 4] = [';', '\t', '\n', '\r'];
/// The largest number that spreadsheets keep exactly: they have 15 digits.
const MAX_EXACT: u64 = 999_999_999_999_999;

/// The words of dates and times.
const WORDS: [&str; 34] = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "am",
    "pm",
    "년",
    "월",
    "일",
    "시",
    "분",
    "초",
    "오전",
    "오후",
];

/// Text that a spreadsheet leaves unchanged.
pub(super) fn text(text: &str) -> Cow<'_, str> {
    let mut pieces = text.split_inclusive(SEPARATORS);
    let first = pieces.next().unwrap_or_default();
    let is_first_guarded = text.starts_with(is_blank) || is_formula(first) || is_number(text);
    if !is_first_guarded && !pieces.clone().any(is_formula) {
        return text.into();
    }
    let mut guarded = String::with_capacity(text.len() + 8);
    for (chunk, is_guarded) in
        std::iter::once((first, is_first_guarded)).chain(pieces.map(|chunk| (chunk, is_formula(chunk))))
    {
        if is_guarded {
            guarded.push('\'');
        }
        guarded.push_str(chunk);
    }
    guarded.into()
}

/// A number that keeps all its digits.
pub(super) fn number(number: i64) -> String {
    if number.unsigned_abs() > MAX_EXACT { format!("'{number}") } else { number.to_string() }
}

/// What is left out before a cell's content.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || steers(character)
}

fn is_formula(chunk: &str) -> bool {
    chunk.trim_start_matches(|character| is_blank(character) || character == '"').starts_with(FORMULA)
}

/// Whether a spreadsheet could take it for a number, a date or a time: it has digits, and no words but theirs.
fn is_number(text: &str) -> bool {
    let words = || text.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty());
    text.contains(char::is_numeric) && words().all(|word| is_word(word) || is_exponent(word, text))
}

fn is_word(word: &str) -> bool {
    WORDS.contains(&&*word.to_lowercase())
}

/// `1E5`
fn is_exponent(word: &str, text: &str) -> bool {
    let is_after_digit =
        |at: usize| text[..at].ends_with(|before: char| before.is_numeric() || before == '.');
    matches!(word, "e" | "E") && text.match_indices(word).all(|(at, _)| is_after_digit(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠SUM(A1)", "−1", "﹦1"]
        {
            for before in ["", " ", "\t", "\r\n", "\u{a0}", "\u{feff}", "\u{200b}", "\u{3000}", "\"", "\0"] {
                let cell = format!("{before}{formula}");
                assert!(text(&cell).starts_with('\''), "{cell:?}");
                for separator in [";", "\t", "\n", "\r"] {
                    let cell = format!("a{separator}{before}{formula}{separator}b");
                    let shown = text(&cell);
                    let runs = |chunk: &str| {
                        chunk.trim_start_matches(|at| is_blank(at) || at == '"').starts_with(FORMULA)
                    };
                    assert!(!shown.split(SEPARATORS).any(runs), "{cell:?}: {shown:?}");
                    assert_eq!(shown.replace('\'', ""), cell);
                }
            }
        }
    }

    #[test]
    fn numbers_dates_and_codes_keep_what_they_are() {
        for cell in [
            "3-12",
            "00012",
            "1234567890123456",
            "1E5",
            "1.5e-7",
            "1/2",
            "12:30",
            "1.10",
            "50%",
            "(5)",
            "$5",
            "₩1,000",
            "2025-12-06",
            "MAR1",
            "1-Sept",
            "12월 6일",
            "오후 3시 30분",
            "１２３",
            "1.2.3",
            "010-1234-5678",
        ] {
            assert_eq!(text(cell), format!("'{cell}"));
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for cell in [
            "",
            "CONFIRM",
            "좌석선점",
            "1층 A구역 3열 12번",
            "R20251206-000017",
            "E-5",
            "A-3",
            "a=1",
            "a;b",
            "a; b-c",
            "3fb56c7b-8c38-4721-863c-2289f65684f0",
            "kim@example.com",
            r#"{"note":"=1+1"}"#,
            "Seat 12E",
        ] {
            assert!(matches!(text(cell), Cow::Borrowed(_)), "{cell}: {}", text(cell));
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for (value, shown) in [
            (-1, "-1"),
            (999_999_999_999_999, "999999999999999"),
            (-1_000_000_000_000_000, "'-1000000000000000"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
