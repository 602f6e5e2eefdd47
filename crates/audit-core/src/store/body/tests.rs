use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::Text;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: u32,
    action_type: Option<Text>,
}

fn read_event(body: impl AsRef<[u8]>) -> Result<(Event, Map<String, Value>), Malformed> {
    decode(body.as_ref(), &[]).map(|Decoded { event, unknown, .. }| (event, unknown))
}

fn refused(body: impl AsRef<[u8]>) -> (&'static str, Option<String>) {
    let malformed = read_event(body).unwrap_err();
    (malformed.reason().code(), malformed.field().map(str::to_owned))
}

#[test]
fn unknown_fields_are_kept_to_the_last_digit() {
    let body = r#"{"a":{"b":[1,null]},"eventId":7,"amount":12345678901234567890.123456789}"#;
    let (event, unknown) = read_event(body).unwrap();
    assert_eq!(event, Event { event_id: 7, action_type: None });
    let unknown = Value::Object(unknown);
    assert_eq!(unknown["a"], json!({"b": [1, null]}));
    assert_eq!(unknown["amount"].to_string(), "12345678901234567890.123456789");
}

#[test]
fn an_explicit_null_means_absent() {
    let body = r#"{"eventId":7,"actionType":null,"note":null,"a":{"b":null,"c":[null],"d":{"e":null}}}"#;
    let (event, unknown) = read_event(body).unwrap();
    assert_eq!(event.action_type, None);
    assert_eq!(Value::Object(unknown), json!({"a": {"c": [null], "d": {}}}));
}

#[test]
fn a_required_field_that_is_null_is_named_as_such() {
    let malformed = read_event(r#"{"eventId":null}"#).unwrap_err();
    assert_eq!((malformed.reason().code(), malformed.field()), ("missing_field", Some("eventId")));
    assert_eq!(malformed.to_string(), "the field `eventId` is null, which means that it is missing");
    // The missing field is named, not the one that was null before.
    assert_eq!(refused(r#"{"actionType":null}"#), ("missing_field", Some("eventId".into())));
    assert_eq!(refused(r#"{"actionType":null,"eventId":"x"}"#), ("invalid_field", Some("eventId".into())));
}

#[test]
fn a_name_is_known_in_every_spelling() {
    for name in ["action_type", "ActionType", "actiontype", "ACTION-TYPE", "_action_Type_", "actionType"] {
        let body = format!(r#"{{"eventId":7,"{name}":"CREATE"}}"#);
        let Decoded { event, unknown, respelled } = decode::<Event>(body.as_bytes(), &[]).unwrap();
        assert_eq!(event.action_type.as_ref().map(Text::as_str), Some("CREATE"), "{name}");
        assert!(unknown.is_empty(), "{name}");
        let expected: &[&str] = if name == "actionType" { &[] } else { &[name] };
        assert_eq!(respelled, expected);
    }
    for name in ["action type", "action.type", "actionTypes", "actioпType", ""] {
        let (event, unknown) = read_event(format!(r#"{{"eventId":7,"{name}":"CREATE"}}"#)).unwrap();
        assert_eq!((event.action_type, unknown.len()), (None, 1), "{name}");
    }
}

#[test]
fn a_field_in_two_spellings_is_refused() {
    for body in [
        r#"{"eventId":7,"actionType":"A","action_type":"A"}"#,
        r#"{"eventId":7,"ActionType":null,"action-type":"A"}"#,
        r#"{"eventId":7,"actionType":"A","actionType":"A"}"#,
    ] {
        let malformed = read_event(body).unwrap_err();
        assert_eq!(
            (malformed.reason().code(), malformed.field()),
            ("invalid_field", Some("actionType")),
            "{body}"
        );
        assert!(malformed.to_string().contains("twice"), "{malformed}");
    }
}

#[test]
fn half_of_a_surrogate_pair_becomes_the_replacement_character() {
    let body = r#"{"eventId":7,"actionType":"X\ud83d","note":{"\udc00":"\ud83d\ude00\ud83d\ud83d\ude00"}}"#;
    let (event, unknown) = read_event(body).unwrap();
    assert_eq!(event.action_type.as_ref().map(Text::as_str), Some("X\u{fffd}"));
    assert_eq!(Value::Object(unknown), json!({"note": {"\u{fffd}": "😀\u{fffd}😀"}}));
    assert_eq!(refused(r#"{"eventId":7,"actionType":"X\ud83d""#).0, "not_json");
}

#[test]
fn a_default_is_the_value_of_a_field_that_the_body_leaves_out() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Made {
        action_type: Text,
    }
    let given = |body: &str, text| {
        let default = DefaultField { field: "actionType", source: "elsewhere", text };
        decode::<Made>(body.as_bytes(), &[default])
    };
    let action = |body, text| String::from(given(body, text).unwrap().event.action_type);
    assert_eq!(action(r#"{"note":7}"#, "SAID"), "SAID");
    assert_eq!(action(r#"{"actionType":"MADE","note":7}"#, "SAID"), "MADE");
    assert_eq!(action(r#"{"action_type":null}"#, "SAID"), "SAID");
    let refused = given("{}", "a\0").unwrap_err();
    assert_eq!((refused.reason().code(), refused.field()), ("invalid_field", Some("elsewhere")));
}

#[test]
fn broken_syntax_is_not_json() {
    let deep = "[".repeat(10_000);
    for body in ["", "{", "hello", r#"{"eventId":7}x"#, r#"{"x":"\u00"}"#, deep.as_str()] {
        let (reason, _) = refused(body);
        assert!(matches!(reason, "not_json" | "not_an_object"), "{reason}");
    }
    assert_eq!(refused(b"{\"eventId\":7,\"x\":\"\xff\"}").0, "not_json");
    assert_eq!(refused(format!(r#"{{"eventId":7,"x":{deep}}}"#)).0, "not_json");
}

#[test]
fn json_that_is_no_object_is_refused_as_such() {
    for body in ["[7,\"CREATE\"]", "7", "null", "\"text\"", "true"] {
        assert_eq!(refused(body), ("not_an_object", None), "{body}");
    }
}

#[test]
fn the_field_to_blame_is_named() {
    assert_eq!(refused("{}"), ("missing_field", Some("eventId".into())));
    assert_eq!(refused(r#"{"eventId":"x"}"#), ("invalid_field", Some("eventId".into())));
    assert_eq!(
        refused(r#"{"eventId":1,"actionType":"a\u0000"}"#),
        ("invalid_field", Some("actionType".into()))
    );
    assert_eq!(
        refused(format!(r#"{{"eventId":1,"actionType":"{}"}}"#, "x".repeat(256))),
        ("invalid_field", Some("actionType".into()))
    );
    assert_eq!(refused(r#"{"eventId":1,"note":{"a":["\u0000"]}}"#), ("invalid_field", Some("note".into())));
    assert_eq!(refused(r#"{"eventId":1,"note":1,"note":2}"#), ("invalid_field", Some("note".into())));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = read_event(body);
    }
}
