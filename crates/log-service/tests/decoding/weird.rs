//! Values and pieces of JSON, right and wrong, that a reader of JSON may stumble over.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
};

const NAMES: [&str; 22] = [
    "eventId",
    "actionType",
    "actorType",
    "actorUserId",
    "occurredAt",
    "paymentId",
    "retryCount",
    "retry_count",
    "ActorUserId",
    "method",
    "domainId",
    "domainType",
    "authId",
    "userType",
    "productId",
    "reservationNumber",
    "seatNumber",
    "note",
    "",
    "이름",
    "$serde_json::private::Number",
    "$serde_json::private::RawValue",
];

/// A field's name in JSON, mostly one that some event has.
pub fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => select(&NAMES[..]).prop_map(text),
        1 => ".{0,20}".prop_map(|name| text(&name)),
        1 => Just(br#""eventId\u0000""#.to_vec()),
    ]
}

/// A value in JSON, or nearly.
pub fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => select(&LITERALS[..]).prop_map(|literal| literal.as_bytes().to_vec()),
        2 => number(),
        2 => time(),
        2 => (250_usize..260, select(&["x", "가", "😀", "\u{7f}", "é"][..]))
            .prop_map(|(length, letter)| text(&letter.repeat(length))),
        2 => any::<String>().prop_map(|any| text(&any)),
        1 => any::<u128>().prop_map(|id| text(&uuid::Uuid::from_u128(id).to_string())),
        1 => vec(any::<u8>(), 0..12).prop_map(|bytes| [b"\"", &bytes[..], b"\""].concat()),
        1 => nested(),
        1 => (1_usize..10).prop_map(read_again),
    ]
}

const LITERALS: [&str; 24] = [
    "null",
    "true",
    "false",
    "\"\"",
    "{}",
    "[]",
    "[null]",
    "nul",
    "NaN",
    "-",
    "+1",
    "01",
    "1.",
    ".5",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\udc00\\ud800\"",
    "\"\\x\"",
    "\"\n\"",
    "\"",
    "{\"a\":1,\"a\":2}",
    "{\"$serde_json::private::Number\":\"7\"}",
    "{\"$serde_json::private::Number\":[]}",
];

fn number() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (any::<i32>(), any::<i64>()).prop_map(|(digits, exponent)| format!("{digits}e{exponent}")),
        (1_usize..3000).prop_map(|length| "9".repeat(length)),
        (1_usize..3000).prop_map(|length| format!("0.{}1", "0".repeat(length))),
    ]
    .prop_map(String::into_bytes)
}

/// A time in one of the forms that are sent, with any digits.
fn time() -> impl Strategy<Value = Vec<u8>> {
    let iso = "[0-9]{4}-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,12})?)?(Z|[+-][0-9]{2}:?([0-9]{2})?)?(\\[[A-Z/]{1,5}\\])?";
    prop_oneof![
        iso.prop_map(|time| text(&time)),
        "(1900|2199|1899|2200)-(01-01|12-31)T(00|23):(00|59)(Z|-23:59|\\+23:59)?"
            .prop_map(|time| text(&time)),
        "[+-]?[0-9]{5,12}-01-01T00:00:00Z".prop_map(|time| text(&time)),
        (vec(0_i64..70, 0..9), 1890_i64..2210).prop_map(|(mut parts, year)| {
            parts.insert(0, year);
            format!("{parts:?}").into_bytes()
        }),
        "[0-9]{9,14}(\\.[0-9]{1,12})?".prop_map(String::into_bytes),
        "[0-9]{9,14}(\\.[0-9]{1,12})?".prop_map(|time| text(&time)),
        vec(any::<i64>(), 4..9).prop_map(|parts| format!("{parts:?}").into_bytes()),
    ]
}

fn nested() -> impl Strategy<Value = Vec<u8>> {
    let open = select(&[("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")][..]);
    (open, 1_usize..300, select(&["1", "", "null", "\"\\u0000\""][..])).prop_map(
        |((open, close), depth, inner)| {
            [&open.repeat(depth), inner, &close.repeat(depth)].concat().into_bytes()
        },
    )
}

/// Text that `serde_json` would read as JSON, text in it again, and so on.
pub fn read_again(times: usize) -> Vec<u8> {
    let nest = |inner: String| [&"[".repeat(120), inner.as_str(), &"]".repeat(120)].concat();
    let wrap = |inner: String, _| {
        let text = String::from_utf8(text(&inner)).unwrap();
        nest(format!("{{\"$serde_json::private::RawValue\":{text}}}"))
    };
    (0..times).fold(nest(String::new()), wrap).into_bytes()
}

/// Pieces that JSON consists of, in any order.
pub fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => select(&["{", "}", "[", "]", ":", ",", " ", "\"", "\\", "\u{feff}"][..])
            .prop_map(|piece| piece.as_bytes().to_vec()),
        2 => (name(), value()).prop_map(|(name, value)| [&name[..], b":", &value[..], b","].concat()),
        1 => value(),
    ];
    vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

/// Text in JSON.
fn text(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}
