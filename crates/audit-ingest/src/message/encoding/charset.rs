use encoding_rs::{EUC_KR, UTF_16BE, UTF_16LE, mem::decode_latin1};

/// A character encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Utf16Be,
    Utf16Le,
    Utf32Be,
    Utf32Le,
    /// EUC-KR, and MS949, which has more syllables at places that EUC-KR leaves free.
    EucKr,
    Latin1,
    Ascii,
}

use Charset::{Ascii, EucKr, Latin1, Utf8, Utf16Be, Utf16Le, Utf32Be, Utf32Le};

/// The charsets that a name may mean: the one whose byte order mark the text begins with, else the first.
pub(super) type Named = &'static [Charset];

/// The charsets of text whose charset is not named, as Jackson detects them.
pub(super) const UNNAMED: Named = &[Utf8, Utf16Be, Utf16Le, Utf32Be, Utf32Le];
pub(super) const UTF_8: Named = &[Utf8];

/// Names in lower case, letters and digits only: those of the IANA registry, and those that Java (old ones included) and
/// Python use.
const NAMES: [(&[&str], Named); 10] = [
    (&["utf8"], UTF_8),
    (&["utf16", "unicode"], &[Utf16Be, Utf16Le]),
    (&["utf16be", "xutf16be", "unicodebigunmarked"], &[Utf16Be]),
    (&["utf16le", "xutf16le", "unicodelittleunmarked"], &[Utf16Le]),
    (&["utf32"], &[Utf32Be, Utf32Le]),
    (&["utf32be", "xutf32be"], &[Utf32Be]),
    (&["utf32le", "xutf32le"], &[Utf32Le]),
    (&["euckr", "ksc5601", "ksc56011987", "ms949", "windows949", "xwindows949", "cp949", "uhc"], &[EucKr]),
    (&["iso88591", "88591", "latin1", "l1"], &[Latin1]),
    (&["usascii", "ascii", "iso646us"], &[Ascii]),
];

/// UTF-32 comes before UTF-16, whose mark is a prefix of its own.
const BYTE_ORDER_MARKS: [(Charset, &[u8]); 5] = [
    (Utf8, b"\xEF\xBB\xBF"),
    (Utf32Le, b"\xFF\xFE\0\0"),
    (Utf32Be, b"\0\0\xFE\xFF"),
    (Utf16Le, b"\xFF\xFE"),
    (Utf16Be, b"\xFE\xFF"),
];

/// The charsets with this name.
pub(super) fn named(name: &str) -> Option<Named> {
    if name.eq_ignore_ascii_case("UTF-8") {
        return Some(UTF_8);
    }
    let letters = name.chars().filter(|letter| !matches!(letter, '-' | '_' | ' '));
    let plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    NAMES.iter().find(|(names, _)| names.contains(&plain.as_str())).map(|(_, charsets)| *charsets)
}

/// The charset of a text, and the length of its byte order mark.
pub(super) fn of_text(named: Named, text: &[u8]) -> (Charset, usize) {
    let marked = BYTE_ORDER_MARKS.iter().find(|(of, mark)| named.contains(of) && text.starts_with(mark));
    let unmarked = (named.first().copied().unwrap_or(Utf8), 0);
    marked.map_or(unmarked, |(charset, mark)| (*charset, mark.len()))
}

impl Charset {
    pub(super) fn name(self) -> &'static str {
        match self {
            Utf8 => "UTF-8",
            Utf16Be => "UTF-16BE",
            Utf16Le => "UTF-16LE",
            Utf32Be => "UTF-32BE",
            Utf32Le => "UTF-32LE",
            EucKr => "EUC-KR or MS949",
            Latin1 => "ISO-8859-1",
            Ascii => "US-ASCII",
        }
    }

    /// The text, if all of it is valid in this charset.
    pub(super) fn decode(self, text: &[u8]) -> Option<String> {
        let by = |encoding: &'static encoding_rs::Encoding| {
            encoding.decode_without_bom_handling_and_without_replacement(text).map(String::from)
        };
        match self {
            Utf8 => str::from_utf8(text).ok().map(str::to_owned),
            Utf16Be => by(UTF_16BE),
            Utf16Le => by(UTF_16LE),
            Utf32Be => utf_32(text, u32::from_be_bytes),
            Utf32Le => utf_32(text, u32::from_le_bytes),
            EucKr => by(EUC_KR),
            // The web treats Latin-1 as windows-1252, which has other characters from 0x80 to 0x9F.
            Latin1 => Some(decode_latin1(text).into_owned()),
            Ascii => text.is_ascii().then(|| decode_latin1(text).into_owned()),
        }
    }
}

/// `encoding_rs` does not support UTF-32, because the web does not.
fn utf_32(text: &[u8], number: fn([u8; 4]) -> u32) -> Option<String> {
    let (characters, rest) = text.as_chunks::<4>();
    let decoded = characters.iter().map(|bytes| char::from_u32(number(*bytes))).collect();
    rest.is_empty().then_some(decoded).flatten()
}
