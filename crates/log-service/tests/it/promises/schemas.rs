//! The schemas say what the decoding does.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{check, schema};
use crate::samples;

fn validator(domain: &str) -> Validator {
    jsonschema::draft202012::new(&schema(domain)).unwrap()
}

#[test]
fn every_sample_of_every_domain_is_valid() {
    for domain in &samples::domains() {
        let validator = validator(domain);
        for body in samples::bodies(domain) {
            let errors: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{domain}: {body}: {errors:?}");
        }
    }
}

#[test]
fn known_actions_are_told_and_others_are_valid() {
    for domain in &samples::domains() {
        let examples = schema(domain)["properties"]["actionType"]["examples"].clone();
        let mut body = samples::bodies(domain).remove(0);
        assert!(examples.as_array().unwrap().contains(&body["actionType"]), "{domain}");
        body["actionType"] = json!("NEVER_SEEN");
        assert!(validator(domain).is_valid(&body), "{domain}");
    }
}

/// Each field of each domain with each of these: `None` leaves it out.
fn odd_values() -> Vec<Option<Value>> {
    let mut values: Vec<_> = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(7_258_118_400_i64),
        json!(9_223_372_036_854_775_808_u64),
        json!(""),
        json!("x".repeat(255)),
        json!("x".repeat(256)),
        json!("가".repeat(255)),
        json!("a\u{0}b"),
        json!("a\nb"),
        json!([]),
        json!({}),
        json!("00000000-0000-0000-0000-000000000000"),
        json!("00000000-0000-0000-0000-00000000000"),
        json!("2025-12-06T11:00"),
        json!("2025-12-06T11:00Z"),
        json!("2025-12-06T11:00:29.123456789"),
        json!("2025-12-06T11:00:29.1+09:00"),
        json!("2025-13-06T11:00:29"),
        json!("2025-12-06"),
        json!("1899-12-06T11:00:29"),
        json!("2200-12-06T11:00:29"),
        json!([2025, 12, 6, 11, 0]),
        json!([2025, 12, 6, 11, 0, 29, 100_000_000]),
        json!([2025, 12, 6, 11]),
        json!([2025, 12, 6, 11, 0, 29, 1, 1]),
        json!([2025, 12, 6, 11, -1]),
        json!([2025, 12, 6, 11, 0, 29, 123]),
        json!("2025-12-06T20:00+0900"),
        json!(" 2025-12-06T20:00:29,1+09:00[Asia/Seoul]"),
        json!("2025-12-06T20:00[Asia/Seoul]"),
        json!(1_765_018_829),
        json!(1_765_018_829.1),
        json!(1_765_018_829_100_i64),
        json!("1765018829.1"),
        json!("1765018829100"),
        json!(20_251_206),
        json!(20_251_206_110_029_i64),
        json!("20251206"),
        json!({"$date": "2025-12-06T11:00:29Z"}),
        json!("3"),
        json!(" -3.0 "),
        json!("3.5"),
        json!(5.0),
        json!(" "),
        json!("00000000000000000000000000000000"),
        json!("{00000000-0000-0000-0000-000000000000}"),
        json!(" URN:UUID:00000000-0000-0000-0000-000000000000 "),
        json!("{00000000000000000000000000000000}"),
    ]
    .into_iter()
    .map(Some)
    .collect();
    values.push(None);
    values
}

#[test]
fn what_is_valid_is_stored_and_what_is_not_is_refused() {
    for domain in &samples::domains() {
        let schema = schema(domain);
        let validator = validator(domain);
        let sample = samples::bodies(domain).remove(0);
        let mut tried = Vec::new();
        for field in schema["properties"].as_object().unwrap().keys() {
            for value in odd_values() {
                let mut body = sample.clone();
                match value {
                    Some(value) => body[field] = value,
                    None => drop(body.as_object_mut().unwrap().remove(field)),
                }
                tried.push(body);
            }
        }
        let line =
            |body: &Value| format!("{}\n", json!({"routing_key": format!("{domain}.log"), "body": body}));
        let (_, said, _) = check(&[], &tried.iter().map(line).collect::<String>());
        assert_eq!(said.len(), tried.len());
        for (body, said) in tried.iter().zip(said) {
            assert_eq!(said.contains(": stored in "), validator.is_valid(body), "{said}: {body}");
        }
    }
}
