use std::collections::BTreeMap;

use audit_core::store::{DomainLog, Malformed, MonthsAhead, Row};
use chrono_tz::Tz;
use serde::Serializer as _;
use serde_json::value::RawValue;

use crate::{
    columns::Columns,
    report::{Difference, DifferenceKind},
};

/// A row of the original, by column, each value as JSON.
type Fields<'t> = BTreeMap<String, &'t RawValue>;

/// Reads a row of the original as the event that it was made from. `text` is the row as a JSON object.
pub(crate) fn read(
    text: &str,
    log: &DomainLog,
    columns: &Columns,
    zone: Tz,
    months_ahead: MonthsAhead,
) -> Result<Row, Difference> {
    let fields = serde_json::from_str(text).unwrap_or_default();
    let body = body(&fields, columns).map_err(Malformed::NotJson);
    let row = body.and_then(|body| log.decode(&body, zone, None));
    row.and_then(|row| months_ahead.admit(row)).map_err(|why| unreadable(&fields, &why))
}

/// The message that a publisher would have sent. NULL is left out, as publishers do.
fn body(fields: &Fields<'_>, columns: &Columns) -> Result<Vec<u8>, serde_json::Error> {
    let given = fields.iter().filter(|(_, value)| value.get() != "null");
    let named = given.map(|(column, value)| (columns.field(column), value));
    let mut body = Vec::new();
    serde_json::Serializer::new(&mut body).collect_map(named)?;
    Ok(body)
}

/// Names the row and the column to blame, but none of the row's values.
fn unreadable(fields: &Fields<'_>, why: &Malformed) -> Difference {
    let text = |column: &str| fields.get(column).map_or("null", |value| value.get()).trim_matches('"');
    let (reason, field) = (why.reason(), why.field().map(str::to_owned));
    Difference {
        id: text("id").to_owned(),
        occurred_at: text("occurred_at").to_owned(),
        kind: DifferenceKind::Unreadable { reason, field },
    }
}
