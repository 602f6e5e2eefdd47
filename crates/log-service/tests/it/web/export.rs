use std::io::Read;

use super::Site;
use crate::{
    fixture::Fixture,
    reading::{events, ids, objects},
};

#[tokio::test]
async fn an_ndjson_export_is_what_a_search_finds() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 60).await;
        let site = Site::of(&place);
        let filter = "from=2025-12-01&actor_type=CUSTOMER&order=oldest";
        let found = site.json(&format!("/api/v1/logs?limit=500&{filter}"));
        let export = site.get(&format!("/api/v1/logs/export?format=ndjson&{filter}"));
        assert_eq!(export.header("content-type"), "application/x-ndjson");
        assert_eq!(export.header("content-disposition"), "attachment; filename=\"audit-log.ndjson\"");
        assert_eq!(found["items"].as_array().unwrap(), &objects(&export.body));
    }
}

#[tokio::test]
async fn a_csv_is_safe_in_the_form_for_spreadsheets_and_exact_in_the_one_for_programs() {
    let place = Fixture::postgresql();
    let events = events::store(&place, 20).await;
    let site = Site::of(&place);
    for (format, method) in [("spreadsheet", "'=카드,\"가\""), ("csv&bom=true", "=카드,\"가\"")] {
        let export = site.get(&format!("/api/v1/logs/export?format={format}&from=2025-12-01&order=oldest"));
        assert_eq!(export.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(export.header("content-disposition"), "attachment; filename=\"audit-log.csv\"");
        let text = export.body.strip_prefix('\u{feff}').unwrap();
        let mut csv = csv::Reader::from_reader(text.as_bytes());
        let header = csv.headers().unwrap().clone();
        let of = |line: &csv::StringRecord, name| {
            line[header.iter().position(|column| column == name).unwrap()].to_owned()
        };
        let lines: Vec<_> = csv.records().map(Result::unwrap).collect();
        let keys: Vec<_> = lines.iter().map(|line| (of(line, "domain"), of(line, "id"))).collect();
        assert_eq!(keys, events.iter().map(events::Event::key).collect::<Vec<_>>());
        let methods: Vec<_> = lines.iter().map(|line| of(line, "method")).collect();
        assert!(methods.iter().any(|at| at == method));
        assert_eq!(methods.iter().any(|at| at.starts_with('=')), method.starts_with('='));
    }
}

#[tokio::test]
async fn without_being_asked_for_there_is_no_byte_order_mark() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let export = Site::of(&place).get("/api/v1/logs/export?format=csv&domain=user");
    assert!(export.body.starts_with("domain,id,"), "{}", export.body);
}

#[tokio::test]
async fn an_export_beyond_what_is_allowed_is_cut_off() {
    let place = Fixture::sqlite();
    events::store(&place, 2).await;
    for (allowed, whole) in [("15", false), ("16", true)] {
        let site = Site::with(&place, &[("LOG_SERVICE__READING__EXPORT_ROWS", allowed)]);
        let answer = site.request("/api/v1/logs/export?format=ndjson&from=2025-12-01", &[]).call();
        // What is cut before the first byte was sent has a status to say so.
        let came_whole = answer.is_ok_and(|mut answer| {
            answer.status() == 200 && answer.body_mut().as_reader().read_to_end(&mut Vec::new()).is_ok()
        });
        assert_eq!(came_whole, whole, "{allowed}");
    }
}

#[tokio::test]
async fn a_long_export_that_is_cut_off_after_its_beginning_is_seen_to_be_incomplete() {
    let place = Fixture::sqlite();
    events::store(&place, 200).await;
    let site = Site::with(&place, &[("LOG_SERVICE__READING__EXPORT_ROWS", "1599")]);
    let mut answer = site.request("/api/v1/logs/export?format=ndjson&from=2025-12-01", &[]).call().unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let mut body = Vec::new();
    assert!(answer.body_mut().as_reader().read_to_end(&mut body).is_err());
    let sent = body.split(|byte| *byte == b'\n').count();
    assert!((1..1600).contains(&sent), "{sent}");
    site.service.wait_for_log("an export was cut off", 1);
}

#[tokio::test]
async fn an_export_of_nothing_is_complete() {
    let site = Site::alone(&[]);
    let ndjson = site.get("/api/v1/logs/export?format=ndjson");
    assert_eq!((ndjson.status, ids(&objects(&ndjson.body))), (200, vec![]));
    let csv = site.get("/api/v1/logs/export?format=csv");
    assert_eq!((csv.status, csv.body.lines().count()), (200, 1));
}
