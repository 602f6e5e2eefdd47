//! The schemas of single fields.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Text, WireTime};

impl JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": Self::MAX_CHARS, "pattern": r"^[^\x00]*$" })
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
                    "description": "The same as numbers: year, month, day, hour, minute, second, nanosecond; the \
                        last two may be left out.",
                    "type": "array",
                    "items": { "type": "integer", "minimum": 0, "maximum": 999_999_999 },
                    "minItems": 5,
                    "maxItems": 7,
                    "examples": [[2025, 12, 6, 11, 0, 29, 100_000_000]],
                },
            ]
        })
    }
}

/// Most validators do not check `format`: what it stands for is said in words that all of them check.
pub(super) fn check_format(schema: &mut Schema) {
    match schema.get("format").and_then(|format| format.as_str()) {
        Some("uuid") => {
            let pattern = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";
            schema.insert("pattern".to_owned(), pattern.into());
        }
        Some("int32") => bound(schema, i32::MIN.into(), i32::MAX.into()),
        Some("int64") => bound(schema, i64::MIN, i64::MAX),
        _ => {}
    }
}

fn bound(schema: &mut Schema, minimum: i64, maximum: i64) {
    schema.insert("minimum".to_owned(), minimum.into());
    schema.insert("maximum".to_owned(), maximum.into());
}
