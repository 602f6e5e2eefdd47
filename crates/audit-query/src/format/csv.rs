use audit_core::store::OwnColumn;
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;

use super::cells::Cells;
use crate::{Entry, Extra};

/// The columns of every event. Own columns and `extra` follow them.
const COMMON: [&str; 10] = [
    "domain",
    "id",
    "seq",
    "occurred_at",
    "recorded_at",
    "action_type",
    "actor_type",
    "actor_id",
    "resource_id",
    "trace_id",
];

/// Who reads a CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvFor {
    /// Programs: every text unchanged.
    Programs,
    /// Spreadsheets: no text is taken for a formula, a date, or a number. It begins with a byte order mark, by which
    /// spreadsheets recognize UTF-8.
    Spreadsheets,
    /// A terminal: control characters are escaped.
    Terminal,
}

impl CsvFor {
    /// Writes the byte order mark, if there is one.
    pub(super) fn begin(self, out: &mut Vec<u8>) {
        if self == Self::Spreadsheets {
            out.extend(BYTE_ORDER_MARK.as_bytes());
        }
    }
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Events as CSV: a line of column names, then one line per event.
#[derive(Clone, Debug)]
pub struct CsvWriter {
    own: Vec<OwnColumn>,
    zone: Tz,
    csv_for: CsvFor,
    has_bom: bool,
}

impl CsvWriter {
    /// `own` are the columns that only some domains have, as
    /// [`LogReader::own_columns_of`](crate::LogReader::own_columns_of) gives them; an event without them has empty
    /// cells there. Times are shown in `zone`, with its offset.
    #[must_use]
    pub fn new(own: Vec<OwnColumn>, zone: Tz, csv_for: CsvFor) -> Self {
        Self { own, zone, csv_for, has_bom: false }
    }

    /// Begins with a byte order mark, also for programs.
    #[must_use]
    pub fn with_bom(self, has_bom: bool) -> Self {
        Self { has_bom, ..self }
    }

    /// Appends the byte order mark and the line of names.
    pub fn header(&self, out: &mut Vec<u8>) {
        match self.csv_for {
            CsvFor::Programs if self.has_bom => out.extend(BYTE_ORDER_MARK.as_bytes()),
            csv_for => csv_for.begin(out),
        }
        let mut cells = Cells::new(out, self.csv_for);
        for name in COMMON.into_iter().chain(self.own.iter().map(|column| column.name)).chain(["extra"]) {
            cells.value(name);
        }
        cells.end();
    }

    /// Appends one event.
    pub fn entry(&self, entry: &Entry, out: &mut Vec<u8>) {
        let Entry {
            domain,
            id,
            seq,
            action_type,
            actor_id,
            actor_type,
            resource_id,
            occurred_at,
            recorded_at,
            trace_id,
            details,
            extra,
            is_failure: _, // a reading of `action_type`
        } = entry;
        let mut cells = Cells::new(out, self.csv_for);
        cells.value(domain.name());
        cells.value(id.to_string());
        cells.value(seq.to_string());
        cells.value(self.time(*occurred_at));
        cells.value(self.time(*recorded_at));
        cells.text(action_type);
        cells.text(actor_type);
        cells.value(actor_id.map(|id| id.to_string()).unwrap_or_default());
        cells.optional(resource_id.as_deref());
        cells.optional(trace_id.as_deref());
        for column in &self.own {
            cells.column(details.get(column.name));
        }
        cells.optional(extra.as_ref().map(Extra::text));
        cells.end();
    }

    fn time(&self, time: DateTime<Utc>) -> String {
        time.with_timezone(&self.zone).to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

#[cfg(test)]
mod tests {
    use audit_core::{Domain, store::OwnKind};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::{Details, Value, format::ndjson};

    const SEAT: OwnColumn = OwnColumn { name: "seat_number", kind: OwnKind::Text, indexed: false };
    const RETRIES: OwnColumn = OwnColumn { name: "retry_count", kind: OwnKind::Integer, indexed: false };

    fn entry() -> Entry {
        Entry {
            domain: Domain::new("reservation-seat"),
            id: Uuid::nil(),
            seq: 7,
            action_type: "좌석선점".to_owned(),
            actor_id: None,
            actor_type: "SYSTEM".to_owned(),
            resource_id: None,
            occurred_at: "2025-12-06T11:00:29.1Z".parse().unwrap(),
            recorded_at: "2025-12-06T11:00:30.000001Z".parse().unwrap(),
            trace_id: Some("a,\"b\"\nc".to_owned()),
            details: Details(vec![("seat_number", Some(Value::Text("1층 A구역".to_owned())))]),
            extra: Some(Extra::from(&json!({"note": "=1+1"}))),
            is_failure: false,
        }
    }

    fn written(zone: Tz, csv_for: CsvFor, entry: &Entry) -> String {
        let writer = CsvWriter::new(vec![SEAT, RETRIES], zone, csv_for);
        let mut out = Vec::new();
        writer.header(&mut out);
        writer.entry(entry, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_file_is_read_by_rfc_4180() {
        assert_eq!(
            written(Tz::Asia__Seoul, CsvFor::Spreadsheets, &entry()),
            "\u{feff}domain,id,seq,occurred_at,recorded_at,action_type,actor_type,actor_id,resource_id,trace_id,\
             seat_number,retry_count,extra\r\n\
             reservation-seat,00000000-0000-0000-0000-000000000000,7,2025-12-06T20:00:29.100+09:00,\
             2025-12-06T20:00:30.000001+09:00,좌석선점,SYSTEM,,,\"a,\"\"b\"\"\nc\",1층 A구역,,\
             \"{\"\"note\"\":\"\"=1+1\"\"}\"\r\n"
        );
        assert!(written(Tz::UTC, CsvFor::Programs, &entry()).contains(",2025-12-06T11:00:29.100Z,"));
    }

    /// The resource and the two own columns, as the reader of the file sees them.
    fn cells(csv_for: CsvFor, text: &str, number: i64) -> (String, String, String) {
        let details = Details(vec![
            ("seat_number", Some(Value::Text(text.to_owned()))),
            ("retry_count", Some(Value::Integer(number))),
        ]);
        let entry = Entry { resource_id: Some(text.to_owned()), details, ..entry() };
        let written = written(Tz::UTC, csv_for, &entry);
        let mut lines = ::csv::Reader::from_reader(written.as_bytes());
        let line = lines.records().next().unwrap().unwrap();
        (line[8].to_owned(), line[10].to_owned(), line[11].to_owned())
    }

    #[test]
    fn each_form_is_safe_for_whom_it_is_for() {
        let text = "=1\u{1b}[2J\n2";
        for (csv_for, shown) in [
            (CsvFor::Programs, text.to_owned()),
            (CsvFor::Spreadsheets, format!("'{text}")),
            (CsvFor::Terminal, "=1\\u{1b}[2J\\u{a}2".to_owned()),
        ] {
            assert_eq!(cells(csv_for, text, -1), (shown.clone(), shown, "-1".to_owned()));
        }
        let number = 1_234_567_890_123_456;
        assert_eq!(cells(CsvFor::Spreadsheets, "", number).2, "'1234567890123456");
        assert_eq!(cells(CsvFor::Programs, "", number).2, "1234567890123456");
    }

    #[test]
    fn a_line_of_ndjson_steers_no_terminal() {
        let text = "\u{9b}2J\u{202e}\u{1b}";
        let extra = Some(Extra::from(&json!({ text: text })));
        let mut out = b"before\n".to_vec();
        ndjson::entry(&Entry { resource_id: Some(text.to_owned()), extra, ..entry() }, &mut out);
        let line = String::from_utf8(out).unwrap();
        let line = line.strip_prefix("before\n").unwrap().trim_end();
        assert!(!line.chars().any(audit_core::terminal::steers), "{line}");
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&object["resource_id"], &object["extra"][text]), (&json!(text), &json!(text)));
    }

    #[test]
    fn a_line_of_ndjson_is_the_entry() {
        let mut out = Vec::new();
        ndjson::entry(&entry(), &mut out);
        assert_eq!(out.pop(), Some(b'\n'));
        let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(object, serde_json::to_value(entry()).unwrap());
        assert_eq!(object["details"], json!({"seat_number": "1층 A구역"}));
        assert_eq!(object["occurred_at"], "2025-12-06T11:00:29.100Z");
    }
}
