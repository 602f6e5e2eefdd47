use std::time::{Duration, Instant};

use audit_core::{
    dead_letter::DeadLetterReason,
    store::{DomainLog, Malformed, Row},
};
use chrono::Datelike;
use chrono_tz::Tz;
use sea_orm::Value as Sql;
use serde_json::Value;

use crate::domains::domains;

/// Zones on both sides of the date line, and one whose offset once had seconds.
const ZONES: [Tz; 4] = [Tz::UTC, Tz::Asia__Seoul, Tz::Pacific__Apia, Tz::Africa__Monrovia];

/// Far more than the largest body takes, even where much else is going on; less than it takes where the time grows
/// with the square of the size.
const SOON: Duration = Duration::from_mins(1);

/// Reads a body as each domain does, checks what comes of it, and tells that: `stored`, or the reason and the field to
/// blame.
pub fn check(body: &[u8]) -> Vec<String> {
    let zone = ZONES[body.len() % ZONES.len()];
    held(body.len(), |log| log.decode(body, zone, None))
}

/// The same of a message of so many bytes, however it is read.
pub fn held(bytes: usize, read: impl Fn(&DomainLog) -> Result<Row, Malformed>) -> Vec<String> {
    let (began, mut outcomes) = (Instant::now(), Vec::new());
    for domain in domains() {
        outcomes.push(match read(&domain.log) {
            Ok(row) => {
                is_held(&domain.log, &row);
                "stored".to_owned()
            }
            Err(malformed) => {
                let impossible = [DeadLetterReason::UnmappedColumn, DeadLetterReason::TooLarge];
                assert!(!impossible.contains(&malformed.reason()), "{malformed}");
                // It becomes a header of the dead letter.
                assert!(!malformed.to_string().is_empty());
                let field = malformed.field().unwrap_or_default().escape_debug();
                format!("{} {field}", malformed.reason()).trim_end().to_owned()
            }
        });
    }
    assert!(began.elapsed() < SOON, "{:?} for {bytes} bytes", began.elapsed());
    outcomes
}

/// Whether the tables of both databases hold each value.
fn is_held(log: &DomainLog, row: &Row) {
    let columns = &log.table().columns;
    assert_eq!(row.values.len(), columns.len());
    for (column, value) in columns.iter().zip(&row.values) {
        match value {
            Sql::String(text) => assert!(text.as_deref().is_none_or(is_text), "{column}: {text:?}"),
            Sql::ChronoDateTimeUtc(Some(time)) => {
                assert!(time.timestamp_subsec_nanos().is_multiple_of(1_000), "{column}: {time}");
                // The year is that of the publisher's clock, which is up to a day off.
                let days = [-1, 1].map(|day| *time + chrono::TimeDelta::days(day));
                assert!(days.iter().any(|day| (1900..=2199).contains(&day.year())), "{column}: {time}");
            }
            Sql::Json(Some(extra)) => {
                assert!(extra.as_object().is_some_and(|fields| !fields.is_empty()), "{column}: {extra}");
                is_json(extra);
                // As a reader of the log gets it back.
                let read: Value = serde_json::from_str(&extra.to_string()).unwrap();
                assert_eq!(read, **extra, "{column}");
            }
            Sql::Uuid(_) | Sql::Int(_) | Sql::BigInt(_) | Sql::Json(None) => {}
            other => panic!("{column}: {other:?}"),
        }
    }
    let required = |name: &str| columns.iter().position(|column| *column == name).map(|at| &row.values[at]);
    assert!(matches!(required("id"), Some(Sql::Uuid(Some(_)))));
    for name in ["action_type", "actor_type"] {
        assert!(matches!(required(name), Some(Sql::String(Some(_)))), "{name}");
    }
    assert_eq!(required("occurred_at"), Some(&Sql::ChronoDateTimeUtc(Some(row.occurred_at))));
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= 255 && !text.contains('\0')
}

/// No NUL, which PostgreSQL can't store, and no number that its `numeric` can't hold.
fn is_json(value: &Value) {
    match value {
        Value::String(text) => assert!(!text.contains('\0'), "{text:?}"),
        Value::Number(number) => assert!(number.to_string().len() <= 1_010, "{number}"),
        Value::Array(items) => items.iter().for_each(is_json),
        Value::Object(fields) => {
            for (name, value) in fields {
                assert!(!name.contains('\0'), "{name:?}");
                is_json(value);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
