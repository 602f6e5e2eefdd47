use std::io::Write;

use flate2::{Compression as Level, write};

use super::*;

const LIMIT: usize = 1_000;
const TEXT: &str = r#"{"method":"체크"}"#;

fn properties(content_encoding: &str, content_type: &str) -> BasicProperties {
    BasicProperties::default()
        .with_content_encoding(content_encoding.into())
        .with_content_type(content_type.into())
}

fn decoded_as(
    content_encoding: &str,
    content_type: &str,
    body: &[u8],
) -> Result<String, (&'static str, String)> {
    let properties = properties(content_encoding, content_type);
    let decoded = Encoding::of(&properties).and_then(|encoding| encoding.decode(body, LIMIT));
    match decoded {
        Ok(body) => Ok(String::from_utf8(body.into_owned()).unwrap()),
        Err(malformed) => Err((malformed.reason().code(), malformed.to_string())),
    }
}

fn decoded(content_encoding: &str, body: &[u8]) -> Result<String, &'static str> {
    decoded_as(content_encoding, "application/json", body).map_err(|(reason, _)| reason)
}

fn utf_16(bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    TEXT.encode_utf16().flat_map(bytes).collect()
}

fn utf_32(bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    TEXT.chars().map(u32::from).flat_map(bytes).collect()
}

fn marked(mark: &[u8], body: Vec<u8>) -> Vec<u8> {
    [mark.to_vec(), body].concat()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Level::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::ZlibEncoder::new(Vec::new(), Level::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// 체크 in EUC-KR.
const IN_KOREAN: &[u8] = b"{\"method\":\"\xC3\xBC\xC5\xA9\"}";

#[test]
fn every_charset_is_read_by_its_names() {
    for (names, body) in [
        (&["UTF-8", "utf8", "UTF_8"][..], TEXT.as_bytes().to_vec()),
        (&["UTF-16", "utf16", "UTF-16BE", "UnicodeBigUnmarked"], utf_16(u16::to_be_bytes)),
        (&["UTF-16LE", "utf-16le", "UnicodeLittleUnmarked"], utf_16(u16::to_le_bytes)),
        (&["UTF-16", "UTF-16LE"], marked(b"\xFF\xFE", utf_16(u16::to_le_bytes))),
        (&["UTF-16", "UTF-16BE"], marked(b"\xFE\xFF", utf_16(u16::to_be_bytes))),
        (&["UTF-32", "UTF-32BE"], utf_32(u32::to_be_bytes)),
        (&["UTF-32LE"], utf_32(u32::to_le_bytes)),
        (&["UTF-32"], marked(b"\xFF\xFE\0\0", utf_32(u32::to_le_bytes))),
        (
            &["EUC-KR", "euc_kr", "MS949", "x-windows-949", "windows949", "windows-949", "ms_949", "cp949"],
            IN_KOREAN.to_vec(),
        ),
    ] {
        for name in names {
            assert_eq!(decoded(name, &body).as_deref(), Ok(TEXT), "{name}");
        }
    }
}

#[test]
fn latin_1_is_not_what_the_web_takes_for_it() {
    for name in ["ISO-8859-1", "ISO8859_1", "latin1"] {
        assert_eq!(decoded(name, b"caf\xe9 \x80").as_deref(), Ok("café \u{80}"), "{name}");
    }
    assert_eq!(decoded("US-ASCII", b"cafe").as_deref(), Ok("cafe"));
    assert_eq!(decoded("US-ASCII", b"caf\xe9"), Err("wrong_encoding"));
}

#[test]
fn syllables_that_only_ms949_has_are_read() {
    for name in ["MS949", "EUC-KR"] {
        assert_eq!(decoded(name, b"\x8C\x63\xB9\xE6\xB0\xA2\xC7\xCF").as_deref(), Ok("똠방각하"), "{name}");
    }
}

#[test]
fn a_charset_of_the_content_type_counts_where_the_encoding_names_none() {
    for content_type in ["application/json;charset=EUC-KR", "application/json; Charset=\"euc-kr\"; v=1"] {
        for content_encoding in ["", "identity", "binary"] {
            let read = decoded_as(content_encoding, content_type, IN_KOREAN);
            assert_eq!(read.as_deref(), Ok(TEXT), "{content_type}, {content_encoding}");
        }
        assert_eq!(decoded_as("UTF-8", content_type, TEXT.as_bytes()).as_deref(), Ok(TEXT));
        assert_eq!(decoded_as("gzip", content_type, &gzip(IN_KOREAN)).as_deref(), Ok(TEXT));
    }
}

#[test]
fn without_any_name_a_byte_order_mark_tells() {
    for (mark, body) in [
        (&b""[..], TEXT.as_bytes().to_vec()),
        (b"\xEF\xBB\xBF", TEXT.as_bytes().to_vec()),
        (b"\xFF\xFE", utf_16(u16::to_le_bytes)),
        (b"\xFE\xFF", utf_16(u16::to_be_bytes)),
        (b"\xFF\xFE\0\0", utf_32(u32::to_le_bytes)),
        (b"\0\0\xFE\xFF", utf_32(u32::to_be_bytes)),
    ] {
        assert_eq!(decoded("", &marked(mark, body.clone())).as_deref(), Ok(TEXT), "{mark:x?}");
        assert_eq!(decoded("gzip", &gzip(&marked(mark, body))).as_deref(), Ok(TEXT), "{mark:x?}");
    }
}

#[test]
fn the_usual_body_is_not_copied() {
    let properties = properties("UTF-8", "application/json");
    let decoded = Encoding::of(&properties).unwrap().decode(TEXT.as_bytes(), LIMIT).unwrap();
    assert!(matches!(decoded, Cow::Borrowed(body) if std::ptr::eq(body, TEXT.as_bytes())));
}

#[test]
fn what_is_compressed_is_inflated_the_outermost_first() {
    let (text, korean) = (TEXT.as_bytes(), IN_KOREAN);
    for (name, body) in [
        ("gzip:UTF-8", gzip(text)),
        ("gzip, UTF-8", gzip(text)),
        ("GZIP", gzip(text)),
        ("deflate:UTF-8", deflate(text)),
        ("gzip:deflate:EUC-KR", gzip(&deflate(korean))),
        ("EUC-KR, deflate", deflate(korean)),
        ("gzip", [gzip(&text[..5]), gzip(&text[5..])].concat()),
    ] {
        assert_eq!(decoded(name, &body).as_deref(), Ok(TEXT), "{name}");
    }
}

#[test]
fn what_is_not_what_it_is_called_is_refused() {
    let (zipped, deflated) = (gzip(TEXT.as_bytes()), deflate(TEXT.as_bytes()));
    for (name, body) in [
        ("gzip", TEXT.as_bytes()),
        ("gzip", b""),
        ("gzip", &zipped[..zipped.len() - 1]),
        ("gzip", &zipped[..zipped.len() - 9]),
        ("gzip", &deflated),
        ("deflate", &zipped),
        ("deflate", &deflated[..deflated.len() - 1]),
        ("deflate", &deflated[..10]),
        ("UTF-16", b"\0{\0"),
        ("UTF-16", b"\xD8\0"),
        ("UTF-32", b"\0\0\0"),
        ("UTF-32", b"\0\x11\0\0"),
        ("EUC-KR", b"\xC3"),
    ] {
        assert_eq!(decoded(name, body), Err("wrong_encoding"), "{name} {body:x?}");
    }
}

#[test]
fn unknown_encodings_are_named() {
    for (encoding, content_type, named) in [
        ("gzip:EBCDIC", "application/json", "`EBCDIC`"),
        ("zip", "application/json", "`zip`"),
        ("UTF-8:EUC-KR", "application/json", "`UTF-8:EUC-KR`"),
        ("", "application/json;charset=klingon", "`klingon`"),
    ] {
        let (reason, told) = decoded_as(encoding, content_type, b"{}").unwrap_err();
        assert_eq!(reason, "unknown_encoding", "{encoding}");
        assert!(told.contains(named), "{told}");
    }
}

#[test]
fn nothing_becomes_larger_than_the_limit() {
    let exactly = vec![b'x'; LIMIT];
    let more = vec![b'x'; LIMIT + 1];
    assert!(decoded("gzip", &gzip(&exactly)).is_ok());
    assert_eq!(decoded("gzip", &gzip(&more)), Err("too_large"));
    assert_eq!(decoded("deflate", &deflate(&more)), Err("too_large"));
    assert_eq!(decoded("gzip", &gzip(&vec![b'x'; 10_000_000])), Err("too_large"));
    // It is not enough that the last form is small.
    assert_eq!(decoded("gzip:gzip", &gzip(&gzip(&noise(LIMIT + 1))[..])), Err("too_large"));
    assert_eq!(decoded("ISO-8859-1", &vec![0xE9; LIMIT / 2 + 1]), Err("too_large"));
}

/// Bytes that no compression makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let numbers =
        std::iter::successors(Some(1_u32), |last| Some(last.wrapping_mul(747_796_405).wrapping_add(1)));
    numbers.map(|number| number.to_be_bytes()[0]).take(length).collect()
}
