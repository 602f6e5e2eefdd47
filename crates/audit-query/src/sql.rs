use std::fmt::Write as _;

use audit_core::store::{OwnColumn, OwnKind};
use chrono::SecondsFormat;
use sea_orm::{DbBackend, Statement, Value};

use crate::{LogTable, ResolvedRange, time_slice::TimeSlice};

/// The columns of every table, without `extra`.
const COMMON: &str =
    "id, seq, action_type, actor_id, actor_type, resource_id, occurred_at, recorded_at, trace_id";

/// A statement under construction: its text, and the values that it binds. Both databases number parameters `$1`, `$2`, …
#[derive(Clone, Debug, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        // Writing to a String can't fail.
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// ` AND column IN (…)`; nothing if there are no values.
    ///
    /// The last value is repeated up to a power of two, so that lists of many lengths have few texts: the database plans
    /// each text once for a connection.
    pub(crate) fn any_of<T: Clone + Into<Value>>(&mut self, column: &str, values: &[T]) -> &mut Self {
        let Some(last) = values.last() else { return self };
        self.push(" AND ").push(column).push(" IN (");
        let padded = values.iter().chain(std::iter::repeat(last)).take(values.len().next_power_of_two());
        for (at, value) in padded.enumerate() {
            if at > 0 {
                self.push(", ");
            }
            self.bind(value.clone());
        }
        self.push(")")
    }

    /// ` AND occurred_at …`, for each end that the range has.
    pub(crate) fn within(&mut self, range: ResolvedRange) -> &mut Self {
        if let Some(from) = range.from {
            self.push(" AND occurred_at >= ").bind(from);
        }
        if let Some(to) = range.to {
            self.push(" AND occurred_at < ").bind(to);
        }
        self
    }

    /// ` AND occurred_at …`, for each end of a slice, as text.
    pub(crate) fn in_slice(&mut self, slice: TimeSlice) -> &mut Self {
        for (end, compared) in [(slice.from, ">="), (slice.to, "<")] {
            if let Some(end) = end {
                let end = end.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                self.push(&format!(" AND occurred_at {compared} '{end}'"));
            }
        }
        self
    }

    /// `SELECT … FROM table WHERE `: the table's number, the common columns, and `own`, those that
    /// the table lacks as NULL.
    pub(crate) fn select(&mut self, number: usize, table: &LogTable, own: &[OwnColumn]) -> &mut Self {
        let _ = write!(self.text, "SELECT {number} AS number, {COMMON}, extra");
        for column in own {
            let name = column.name;
            let _ = match (table.own(name), column.kind) {
                (Some(_), _) => write!(self.text, ", {name}"),
                (None, kind) => write!(self.text, ", {} AS {name}", null(kind)),
            };
        }
        self.push(" FROM ").push(table.table.name).push(" WHERE ")
    }

    /// Wraps the statement, so that it gives the rows of [`select`](Self::select) as [`RowReader`](crate::entry::RowReader) reads them:
    /// with the text of `extra`, unless it has more than so many bytes, and with the number of its bytes.
    ///
    /// The text is made last, for each row when it is read: a reader that takes only the first rows does not pay for the
    /// others.
    pub(crate) fn entries(mut self, own: &[OwnColumn], max_bytes: usize, backend: DbBackend) -> Self {
        // `OFFSET 0` keeps PostgreSQL from making the text anew for each use of it.
        let (text, once) = match backend {
            DbBackend::Postgres => ("CAST(extra AS text)", " OFFSET 0"),
            _ => ("extra", ""),
        };
        let own = own.iter().fold(String::new(), |own, column| own + ", " + column.name);
        self.text = format!(
            "SELECT number, {COMMON}, CASE WHEN octet_length(text) <= {max_bytes} THEN text END AS extra, \
             CAST(octet_length(text) AS bigint) AS extra_bytes{own} \
             FROM (SELECT number, {COMMON}, {text} AS text{own} FROM ({}) AS matching{once}) AS found",
            self.text
        );
        self
    }

    pub(crate) fn statement(self, backend: DbBackend) -> Statement {
        Statement::from_sql_and_values(backend, self.text, self.values)
    }
}

/// NULL in place of a column that a table lacks.
pub(crate) fn null(kind: OwnKind) -> &'static str {
    match kind {
        OwnKind::Text => "CAST(NULL AS varchar)",
        OwnKind::Integer => "CAST(NULL AS integer)",
        OwnKind::BigInteger => "CAST(NULL AS bigint)",
    }
}
