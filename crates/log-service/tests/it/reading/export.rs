use super::{events, json, objects, read, run, stderr};
use crate::fixture::Fixture;

const ALL: [&str; 3] = ["export", "--from", "2025-12-01"];

#[tokio::test]
async fn an_export_is_what_a_search_finds() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 60).await;
        let filter = ["--from", "2025-12-01", "--actor-type", "CUSTOMER", "--order", "oldest"];
        let found = json(&place, &[&["search", "--limit", "1000"], &filter[..]].concat());
        let exported = read(&place, &[&["export", "--format", "ndjson"], &filter[..]].concat());
        assert_eq!(found["items"].as_array().unwrap(), &objects(&exported));
    }
}

#[tokio::test]
async fn a_csv_file_keeps_every_cell_and_runs_no_formula_in_a_spreadsheet() {
    let place = Fixture::postgresql();
    let events = events::store(&place, 60).await;
    for (format, guard) in [("csv", ""), ("spreadsheet", "'")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("events.csv");
        let to_file = ["--format", format, "--order", "oldest", "--bom", "--output", file.to_str().unwrap()];
        let output = run(&place, &[&ALL, &to_file[..]].concat());
        assert!(output.status.success() && output.stdout.is_empty());
        assert_eq!(stderr(&output), "480 events\n");

        let text = std::fs::read_to_string(file).unwrap();
        let mut csv = csv::Reader::from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes());
        let header = csv.headers().unwrap().clone();
        let lines: Vec<_> = csv.records().map(Result::unwrap).collect();
        assert_eq!(lines.len(), events.len());
        for (line, event) in lines.iter().zip(&events) {
            for (name, cell) in header.iter().zip(line) {
                let expected = match event.get(name) {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) if is_guarded(name, &text) => format!("{guard}{text}"),
                    serde_json::Value::String(text) => text,
                    other => other.to_string(),
                };
                if name == "extra" && !expected.is_empty() {
                    assert_eq!(serde_json::from_str::<serde_json::Value>(cell).unwrap(), event.get(name));
                } else if !["seq", "recorded_at"].contains(&name) {
                    assert_eq!(cell, expected, "{name}");
                }
            }
        }
    }
}

/// A formula, and ids that could be numbers or dates.
fn is_guarded(name: &str, text: &str) -> bool {
    text.starts_with('=')
        || (name == "resource_id" && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

#[tokio::test]
async fn more_than_is_allowed_is_said_and_the_status_is_1() {
    let place = Fixture::sqlite();
    events::store(&place, 2).await;
    for (limit, rows, status) in [("15", 15, 1), ("16", 16, 0)] {
        let mut command = place.command(&[&ALL[..], &["--format", "ndjson"]].concat());
        let output = command.env("LOG_SERVICE__READING__EXPORT_ROWS", limit).output().unwrap();
        assert_eq!(output.status.code(), Some(status));
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), rows);
        assert_eq!(stderr(&output).contains("incomplete: there are more than 15 events"), status == 1);
    }
    let limited = run(&place, &[&ALL[..], &["--format", "ndjson", "--limit", "3"]].concat());
    assert!(limited.status.success(), "so many were asked for");
    assert_eq!(String::from_utf8(limited.stdout).unwrap().lines().count(), 3);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let output = run(&place, &[&ALL[..], &["--format", "csv", "--output", "no/such/folder.csv"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no/such/folder.csv"), "{}", stderr(&output));
}
