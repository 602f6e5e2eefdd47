use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde_json::Value;

use super::{WireTime, epoch};

fn utc(json: &str) -> Result<String, String> {
    let time: WireTime = serde_json::from_str(json).map_err(|error| error.to_string())?;
    Ok(time.in_zone(&Utc).to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

#[test]
fn every_form_of_the_contract_is_read() {
    for (json, expected) in [
        (r#""2025-12-06T11:00:29.1""#, "2025-12-06T11:00:29.100Z"),
        (r#""2025-12-06T11:00:29""#, "2025-12-06T11:00:29Z"),
        (r#""2025-12-06T11:00""#, "2025-12-06T11:00:00Z"),
        (r#""2025-12-01T09:07:59.999999999""#, "2025-12-01T09:07:59.999999Z"),
        (r#""2025-12-06T11:00:29.100Z""#, "2025-12-06T11:00:29.100Z"),
        (r#""2025-12-06T20:00:29.1+09:00""#, "2025-12-06T11:00:29.100Z"),
        ("[2025,12,6,11,0,29,100000000]", "2025-12-06T11:00:29.100Z"),
        ("[2025,12,6,11,0,29]", "2025-12-06T11:00:29Z"),
        ("[2025,12,6,11,0]", "2025-12-06T11:00:00Z"),
        (r#""1999-01-01T00:00:00""#, "1999-01-01T00:00:00Z"),
        (r#""2087-06-30T23:59:59.000001""#, "2087-06-30T23:59:59.000001Z"),
    ] {
        assert_eq!(utc(json).as_deref(), Ok(expected), "{json}");
    }
}

#[test]
fn text_is_read_in_the_forms_that_programs_write() {
    for (time, expected) in [
        // Java leaves out seconds that are zero.
        ("2025-12-06T11:00Z", "2025-12-06T11:00:00Z"),
        ("2025-12-06T20:00+09:00", "2025-12-06T11:00:00Z"),
        ("2025-12-06T20:00:29.1+0900", "2025-12-06T11:00:29.100Z"),
        ("2025-12-06T20:00:29.1+09", "2025-12-06T11:00:29.100Z"),
        ("2025-12-06T05:30-0530", "2025-12-06T11:00:00Z"),
        ("2025-12-06T11:00:29-00:00", "2025-12-06T11:00:29Z"),
        ("2025-12-06T20:00:29+09:00[Asia/Seoul]", "2025-12-06T11:00:29Z"),
        ("2025-12-06T11:00:29Z[UTC]", "2025-12-06T11:00:29Z"),
        ("2025-12-06T20:00+09:00[GMT+09:00]", "2025-12-06T11:00:00Z"),
        // The offset counts, not the name.
        ("2025-12-06T11:00Z[Asia/Seoul]", "2025-12-06T11:00:00Z"),
        ("2025-12-06T11:00:29,100Z", "2025-12-06T11:00:29.100Z"),
        ("2025-12-06T11:00:29.123456789012345678901234567890Z", "2025-12-06T11:00:29.123456Z"),
        ("2025-12-06 20:00:29.1+09:00", "2025-12-06T11:00:29.100Z"),
        ("2025-12-06 11:00:29.1", "2025-12-06T11:00:29.100Z"),
        ("2025-12-06t11:00:29z", "2025-12-06T11:00:29Z"),
        (" 2025-12-06T11:00:29Z\u{3000}", "2025-12-06T11:00:29Z"),
        ("+2025-12-06T11:00:29Z", "2025-12-06T11:00:29Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60.5", "2017-01-01T00:00:00.500Z"),
    ] {
        assert_eq!(utc(&text(time)).as_deref(), Ok(expected), "{time}");
    }
}

#[test]
fn the_seventh_number_of_an_array_is_milliseconds_below_a_thousand() {
    for (json, expected) in [
        ("[2026,11,26,21,7,9,123]", "2026-11-26T21:07:09.123Z"),
        ("[2026,11,26,21,7,9,999]", "2026-11-26T21:07:09.999Z"),
        ("[2026,11,26,21,7,9,1000]", "2026-11-26T21:07:09.000001Z"),
        ("[2026,11,26,21,7,9,0]", "2026-11-26T21:07:09Z"),
    ] {
        assert_eq!(utc(json).as_deref(), Ok(expected), "{json}");
    }
}

#[test]
fn numbers_are_seconds_or_milliseconds() {
    for (number, expected) in [
        ("1765018829", "2025-12-06T11:00:29Z"),
        ("1765018829.1", "2025-12-06T11:00:29.100Z"),
        ("1795727229.123456789", "2026-11-26T21:07:09.123456Z"),
        // As a float it would be 59.999999 or the next second.
        ("7258118399.999999999999", "2199-12-31T23:59:59.999999Z"),
        ("1.7650188291e9", "2025-12-06T11:00:29.100Z"),
        ("1765018829100", "2025-12-06T11:00:29.100Z"),
        ("1765018829100.0625", "2025-12-06T11:00:29.100062Z"),
        ("1.765018829E12", "2025-12-06T11:00:29Z"),
        ("1000000000", "2001-09-09T01:46:40Z"),
        ("1000000000000", "2001-09-09T01:46:40Z"),
        ("7258118399999", "2199-12-31T23:59:59.999Z"),
    ] {
        assert_eq!(utc(number).as_deref(), Ok(expected), "{number}");
        assert_eq!(utc(&text(number)).as_deref(), Ok(expected), "{number} as text");
    }
}

#[test]
fn a_number_that_may_mean_something_else_is_refused() {
    for number in [
        "0",
        "-1",
        "-1765018829",
        "999999999.999",
        "7258118400",
        "20251206",
        "202512061100",
        "20251206110029",
        "999999999999.9",
        "7258118400000",
        "1765018829100000",
        "1765018829100000000",
        "18446744073709551615",
        "1e30",
    ] {
        for json in [number.to_owned(), text(number)] {
            let error = utc(&json).unwrap_err();
            assert!(error.contains("is not a time: as a number, it must be seconds"), "{json}: {error}");
        }
    }
}

#[test]
fn the_numbers_that_are_read_end_with_the_years_that_are() {
    let year = |second| DateTime::from_timestamp(second, 0).unwrap().year();
    assert_eq!((year(epoch::LAST_SECOND), year(epoch::LAST_SECOND + 1)), (2199, 2200));
}

#[test]
fn what_is_no_time_is_refused_as_such() {
    let long = "1".repeat(200);
    for json in [
        r#""yesterday""#,
        r#""""#,
        r#""2025-13-01T00:00:00""#,
        r#""2025-02-30T00:00:00Z""#,
        r#""2025-12-06""#,
        r#""2025-12-6T11:00:29""#,
        r#""2025-12-06T24:00:00""#,
        r#""2025-12-06T11:00:61Z""#,
        r#""2025-12-06T11:00:29.Z""#,
        r#""2025-12-06T11:00:29+24:00""#,
        r#""2025-12-06T11:00:29+09:60""#,
        r#""2025-12-06T11:00:29+9""#,
        r#""2025-12-06T11:00:29+090""#,
        r#""2025-12-06T11:00:29Z0900""#,
        r#""2025-12-06T11:00:29 +0900""#,
        r#""2025-12-06T11:00[Asia/Seoul]""#,
        r#""2025-12-06T11:00Z[]""#,
        r#""2025-12-06T11:00Z[9]""#,
        r#""2025-12-06T11:00Z[Asia/Seoul""#,
        r#""2025-12-06T11:00Z[Asia Seoul]""#,
        r#""2025-12-06T11:00Z[UTC]x""#,
        r#""20251206T110029Z""#,
        r#""\uff12025-12-06T11:00:29Z""#,
        r#""Sat Dec 06 2025 20:00:29 GMT+0900""#,
        r#""1.7650188291e""#,
        "[]",
        "[2025,12,6,11]",
        "[2025,12,6,11,0,0,0,0]",
        "[2025,12,6,25,0]",
        "[-5,12,6,11,0]",
        "[2025,12,6,11,0,29.5]",
        "[2025,12,6,11,0,null]",
        r#"[2025,12,6,11,"0"]"#,
        r#"[2025,12,6,11,{"a":[1]}]"#,
        "[2025,12,6,11,[0]]",
        "[2025,12,6,11,true]",
        "{}",
        r#"{"$date":"2025-12-06T11:00:29Z"}"#,
        r#"{"epochSecond":1765018829,"nano":0}"#,
        "true",
        "null",
        long.as_str(),
    ] {
        let error = utc(json).unwrap_err();
        assert!(
            error.starts_with("is not a time: expected RFC 3339 (2025-12-06T11:00:29.1Z)"),
            "{json}: {error}"
        );
    }
}

#[test]
fn years_out_of_range_are_refused() {
    for json in [
        r#""0001-01-01T00:00:00""#,
        r#""-0044-03-15T12:00:00""#,
        r#""+12025-12-06T11:00:29Z""#,
        r#""999999999-01-01T00:00:00Z""#,
        r#""2200-01-01T00:00:00Z""#,
        r#""1899-12-31T23:59:59""#,
    ] {
        let error = utc(json).unwrap_err();
        assert!(error.contains("only 1900 to 2199 are stored"), "{json}: {error}");
    }
    assert!(utc("[999999999,1,1,0,0]").is_err());
}

#[test]
fn a_local_time_that_never_was_is_read_by_the_clock_before() {
    // Seoul's clocks went from 02:00 to 03:00 on 10 May 1987.
    let time: WireTime = "1987-05-10T02:30:00".parse().unwrap();
    assert_eq!(time.in_zone(&chrono_tz::Asia::Seoul).to_rfc3339(), "1987-05-09T17:30:00+00:00");
}

proptest::proptest! {
    #[test]
    fn text_form_survives_a_round_trip(micros in 0i64..4_102_444_800_000_000) {
        let time = WireTime::from(DateTime::from_timestamp_micros(micros).unwrap());
        let text = time.to_string();
        proptest::prop_assert_eq!(text.parse::<WireTime>().unwrap().in_zone(&Utc), time.in_zone(&Utc));
    }

    #[test]
    fn arbitrary_text_never_panics(text in ".*") {
        let _ = text.parse::<WireTime>();
    }

    #[test]
    fn nearly_a_time_never_panics(text in "[+-]?[0-9]{3,10}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{0,20})?)?([Z+-][0-9:]{0,6})?(\\[.{0,5}\\]?)?") {
        let _ = text.parse::<WireTime>();
    }
}
