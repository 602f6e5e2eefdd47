//! The schemas of single fields.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::{
    Text, WireTime,
    wire_time::{FIRST_MILLI, FIRST_SECOND, LAST_MILLI, LAST_SECOND},
};

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"], "maxLength": Self::MAX_CHARS, "pattern": r"^[^\x00]*$" })
    }
}

/// With an offset or `Z`, as RFC 3339 has it.
const EXACT: &str = concat!(
    r"^(19|2[01])\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?",
    r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$"
);
/// Without a zone, as Java's `LocalDateTime` is written: seconds may be left out.
const LOCAL: &str =
    r"^(19|2[01])\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?$";
/// Either, in the other forms that are read.
const OTHER: &str = concat!(
    r"^\s*(19|2[01])\d{2}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.,]\d+)?)?",
    r"(([Zz]|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)(\[[A-Za-z][A-Za-z0-9/_+.~:-]*\])?)?\s*$"
);
/// Seconds or milliseconds as text, except for the last years, which would make the pattern long.
const DIGITS: &str = r"^\s*[1-6]\d{9}(\d{3})?(\.\d{1,80})?\s*$";

impl JsonSchema for WireTime {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "WireTime".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {
                    "description": "RFC 3339. New publishers send this.",
                    "type": "string",
                    "format": "date-time",
                    "pattern": EXACT,
                    "examples": ["2025-12-06T11:00:29.100Z"],
                },
                {
                    "description": "A local time, read in the zone that the service is configured with, else as UTC.",
                    "type": "string",
                    "pattern": LOCAL,
                    "examples": ["2025-12-06T11:00:29.1"],
                },
                {
                    "description": "Either of them without seconds, with a shorter offset, with a zone in brackets \
                        behind the offset (which counts), with a comma or with a longer fraction (which is cut off).",
                    "type": "string",
                    "pattern": OTHER,
                    "examples": ["2025-12-06T20:00+09:00", "2025-12-06T20:00:29.1+09:00[Asia/Seoul]"],
                },
                {
                    "description": "A local time as numbers: year, month, day, hour, minute, second, and what the \
                        second has beyond: milliseconds if it is below 1000, else nanoseconds. The last two may be \
                        left out.",
                    "type": "array",
                    "items": { "type": "integer", "minimum": 0, "maximum": 999_999_999 },
                    "minItems": 5,
                    "maxItems": 7,
                    "examples": [[2025, 12, 6, 11, 0, 29, 100_000_000]],
                },
                {
                    "description": "Seconds since 1970.",
                    "type": "number",
                    "minimum": FIRST_SECOND,
                    "exclusiveMaximum": LAST_SECOND + 1,
                    "examples": [1_765_018_829.1],
                },
                {
                    "description": "Milliseconds since 1970.",
                    "type": "number",
                    "minimum": FIRST_MILLI,
                    "exclusiveMaximum": LAST_MILLI + 1,
                    "examples": [1_765_018_829_100_i64],
                },
                {
                    "description": "Seconds or milliseconds since 1970 as text.",
                    "type": "string",
                    "pattern": DIGITS,
                    "examples": ["1765018829.1"],
                },
            ]
        })
    }
}

/// Replaces a `format`, which validators may ignore, by a pattern of everything that is read.
pub(super) fn check_format(schema: &mut Schema) {
    match schema.get("format").and_then(|format| format.as_str()) {
        Some("uuid") => {
            let once = if may_be_null(schema) { "?" } else { "" };
            schema.insert("pattern".to_owned(), format!(r"^\s*({ID}){once}\s*$").into());
        }
        Some("int32") => whole(schema, i32::MIN.into(), i32::MAX.into(), 9),
        Some("int64") => whole(schema, i64::MIN, i64::MAX, 18),
        _ => {}
    }
}

/// A UUID in any form.
const ID: &str = concat!(
    r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    r"|\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}",
    r"|[uU][rR][nN]:[uU][uU][iI][dD]:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
);

/// An integer, also as text. It may have as many digits as always are in range.
fn whole(schema: &mut Schema, minimum: i64, maximum: i64, digits: usize) {
    let none = if may_be_null(schema) { "?" } else { "" };
    let mut types = match schema.remove("type") {
        Some(Value::Array(types)) => types,
        of_one_type => of_one_type.into_iter().collect(),
    };
    types.push("string".into());
    schema.insert("type".to_owned(), types.into());
    schema.insert(
        "pattern".to_owned(),
        format!(r"^\s*([+-]?0{{0,80}}\d{{1,{digits}}}(\.0{{1,9}})?){none}\s*$").into(),
    );
    schema.insert("minimum".to_owned(), minimum.into());
    schema.insert("maximum".to_owned(), maximum.into());
}

fn may_be_null(schema: &Schema) -> bool {
    let types = schema.get("type").and_then(Value::as_array);
    types.is_some_and(|types| types.iter().any(|name| name == "null"))
}
