//! Bodies that are compressed, or in other charsets than UTF-8: decoded as their properties say, or kept as they came.

use std::io::Write;

use audit_core::publish::Message;
use flate2::{Compression, write};
use lapin::types::ShortString;
use serde_json::json;

use crate::{
    fixture::{Fixture, PAYMENT, header_of, payment_with},
    promises::check,
};

/// What every one of these events says, in Korean.
const METHOD: &str = "체크";

fn event() -> String {
    payment_with(json!({"method": METHOD})).to_string()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn utf_32(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
    text.chars().map(u32::from).flat_map(bytes).collect()
}

/// All but the method is ASCII.
fn euc_kr(text: &str) -> Vec<u8> {
    let (before, after) = text.split_once(METHOD).unwrap();
    [before.as_bytes(), b"\xC3\xBC\xC5\xA9", after.as_bytes()].concat()
}

pub fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body.as_ref()).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub fn encoded(place: &Fixture, content_encoding: &str, body: Vec<u8>) -> Message {
    let mut message = place.message(PAYMENT, body);
    message.properties = message.properties.with_content_encoding(content_encoding.into());
    message
}

fn of_type(message: Message, content_type: &str) -> Message {
    Message { properties: message.properties.with_content_type(content_type.into()), ..message }
}

/// One event in each of the encodings.
fn all_encodings(place: &Fixture) -> Vec<Message> {
    let marked = |mark: &[u8], body: Vec<u8>| [mark.to_vec(), body].concat();
    let mut messages: Vec<_> = [
        ("UTF-8", event().into_bytes()),
        ("EUC-KR", euc_kr(&event())),
        ("x-windows-949", euc_kr(&event())),
        ("UTF-16", marked(b"\xFF\xFE", utf_16(&event(), u16::to_le_bytes))),
        ("UTF-16", utf_16(&event(), u16::to_be_bytes)),
        ("UTF-16LE", utf_16(&event(), u16::to_le_bytes)),
        ("UTF-32", utf_32(&event(), u32::to_be_bytes)),
        ("gzip:UTF-8", gzip(event())),
        ("gzip, UTF-16", gzip(utf_16(&event(), u16::to_be_bytes))),
        ("deflate:EUC-KR", deflate(&euc_kr(&event()))),
        ("gzip:deflate", gzip(deflate(event().as_bytes()))),
    ]
    .into_iter()
    .map(|(encoding, body)| encoded(place, encoding, body))
    .collect();
    let of_type = |encoding, content_type, body| of_type(encoded(place, encoding, body), content_type);
    messages.extend([
        of_type("", "application/json;charset=MS949", euc_kr(&event())),
        of_type("UTF-8", "application/json;charset=MS949", event().into_bytes()),
        of_type("", "application/json", marked(b"\xFF\xFE", utf_16(&event(), u16::to_le_bytes))),
        of_type("", "application/json", marked(b"\xEF\xBB\xBF", event().into_bytes())),
    ]);
    messages
}

#[tokio::test]
async fn every_encoding_is_stored_as_the_same_text() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let messages = all_encodings(&place);
        place.publish(&messages).await;
        place.wait_for_rows("p_payment_log", i64::try_from(messages.len()).unwrap()).await;
        for row in place.payments().await {
            assert_eq!(row.method.as_deref(), Some(METHOD));
        }
        assert_eq!(service.stop().counted("payment", "dead_letters"), 0);
    }
}

#[tokio::test]
async fn latin_1_keeps_each_of_its_characters() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let body = event().replace(METHOD, "café \u{80}").chars().map(|letter| letter as u8).collect();
        place.publish(&[encoded(&place, "ISO-8859-1", body)]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        assert_eq!(place.payments().await[0].method.as_deref(), Some("café \u{80}"));
    }
}

/// Each with its reason, and what the prose has to say.
fn undecodable(place: &Fixture) -> Vec<(Message, &'static str, &'static str)> {
    let zipped = gzip(event());
    let bomb = gzip(vec![b' '; 50_000_000]);
    assert!(bomb.len() < 100_000);
    vec![
        (encoded(place, "gzip", bomb.clone()), "too_large", "262144 bytes"),
        (encoded(place, "gzip:gzip", gzip(&bomb)), "too_large", "262144 bytes"),
        (encoded(place, "gzip", zipped[..zipped.len() / 2].to_vec()), "wrong_encoding", "gzip"),
        (encoded(place, "deflate", zipped.clone()), "wrong_encoding", "deflate"),
        (encoded(place, "gzip:UTF-8", event().into()), "wrong_encoding", "gzip"),
        (encoded(place, "UTF-16", event().into()), "wrong_encoding", "UTF-16BE"),
        (encoded(place, "US-ASCII", event().into()), "wrong_encoding", "US-ASCII"),
        (encoded(place, "zip:UTF-8", zipped), "unknown_encoding", "`zip`"),
        (encoded(place, "EBCDIC", event().into()), "unknown_encoding", "`EBCDIC`"),
        (
            of_type(encoded(place, "", event().into()), "application/json;charset=klingon"),
            "unknown_encoding",
            "`klingon`",
        ),
    ]
}

#[tokio::test]
async fn what_cannot_be_decoded_is_kept_as_it_came_and_says_why() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let cases = undecodable(&place);
        let messages: Vec<_> = cases.iter().map(|(message, ..)| message.clone()).collect();
        place.publish(&messages).await;
        place.publish(&[encoded(&place, "UTF-8", event().into())]).await;
        // One queue, one batch after the other: they come in the order in which they were published.
        let letters = place.dead_letters(PAYMENT, cases.len()).await;
        for ((message, reason, named), letter) in cases.iter().zip(&letters) {
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some(*reason), "{named}");
            let told = header_of(letter, "x-exception-message").unwrap();
            assert!(told.contains(named), "{told}");
            assert!(letter.data == message.body, "{told}");
            let encoding =
                |of: &lapin::BasicProperties| of.content_encoding().as_ref().map(ShortString::to_string);
            assert_eq!(encoding(&letter.properties), encoding(&message.properties));
        }
        place.wait_for_rows("p_payment_log", 1).await;
    }
}

#[test]
fn a_check_says_the_same() {
    let encoded = |encoding: &str, base64: &str| {
        json!({"routing_key": "payment.log", "properties": {"content_encoding": encoding}, "body_base64": base64})
            .to_string()
            + "\n"
    };
    let lines = [encoded("gzip", "e30="), encoded("EBCDIC", "e30=")].concat();
    let (status, said, _) = check(&[], &lines);
    assert_eq!(status, Some(1));
    assert_eq!(said, ["-:1: refused: wrong_encoding", "-:2: refused: unknown_encoding"]);
}

#[tokio::test]
async fn what_is_no_json_is_told_as_what_it_is() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let cases: [(&[u8], &str); 4] = [
            (b"\xAC\xED\0\x05sr\0\x0ehong@example.c", "Jackson2JsonMessageConverter"),
            (b"<?xml version=\"1.0\"?><event>hong@example.com</event>", "is XML"),
            (b"\n <event/>", "is XML"),
            (&gzip(event()), "say so in content_encoding"),
        ];
        let messages: Vec<_> = cases.iter().map(|(body, _)| place.message(PAYMENT, *body)).collect();
        place.publish(&messages).await;
        for ((body, says), letter) in cases.iter().zip(place.dead_letters(PAYMENT, cases.len()).await) {
            assert_eq!(letter.data, *body);
            assert_eq!(header_of(&letter, "x-audit-reason").as_deref(), Some("unknown_format"));
            let told = header_of(&letter, "x-exception-message").unwrap();
            assert!(told.contains(says) && !told.contains("hong"), "{told}");
        }
    }
}
