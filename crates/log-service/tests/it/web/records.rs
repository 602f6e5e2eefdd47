//! Who read what is recorded before anything is answered.

use audit_query::access_entity::{Entity, Model};
use chrono::Utc;
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::{
    Site,
    tokens::{AUDITOR, Tokens},
};
use crate::{
    fixture::{Fixture, eventually, rows},
    reading::events,
};

/// What is recorded, refusals aside: they are recorded after their answers.
pub async fn reads(place: &Fixture) -> Vec<Model> {
    let records = rows::<Entity>(&place.db().await).await;
    records.into_iter().filter(|record| record.action_type != "REFUSED").collect()
}

type Recorded = (&'static str, Option<&'static str>, i32);

/// Reads of one event of each domain, with what is recorded: the action, the resource, and how many rows.
const READS: [(&str, &[Recorded]); 11] = [
    ("/api/v1/logs?from=2025-12-01", &[("SEARCH", None, 8)]),
    (EVENT, &[("EVENT", Some(EVENT_NAME), 1)]),
    ("/api/v1/timeline?q=0&only_key=true&from=2025-12-01", &[("TIMELINE", Some("0"), 3)]),
    ("/api/v1/stats?from=2025-12-01", &[("STATS", None, 8)]),
    ("/api/v1/access?action_type=STATS", &[("ACCESS_LOG", None, 1)]),
    ("/api/v1/logs/export?format=csv&from=2025-12-01", &[("EXPORT", None, 0), ("EXPORT_END", None, 8)]),
    ("/search?from=2025-12-01&domain=user", &[("SEARCH", None, 1)]),
    ("/timeline?q=0&only_key=true&from=2025-12-01", &[("TIMELINE", Some("0"), 3)]),
    (EVENT_PAGE, &[("EVENT", Some(EVENT_NAME), 1)]),
    ("/access-log?action_type=STATS", &[("ACCESS_LOG", None, 1)]),
    ("/overview", &[("STATS", None, -1), ("SEARCH", None, -1)]),
];
const EVENT: &str = "/api/v1/logs/payment/00000000-0000-0000-0000-000019000000";
const EVENT_PAGE: &str = "/events/payment/00000000-0000-0000-0000-000019000000";
/// What the event is about: nobody is told who asks for the event alone.
const RESOURCE: &str = "00000000-0000-0000-0000-000000003000";
const EVENT_NAME: &str = "payment/00000000-0000-0000-0000-000019000000";

#[tokio::test]
async fn every_read_is_recorded_with_what_was_read_and_how_much() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 1).await;
        let site = Site::of(&place);
        let mut before = 0;
        for (path, expected) in READS {
            let answer = site.get(path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            // An export's end is recorded after the last of it was sent.
            let all = before + expected.len();
            eventually("the records", async || rows::<Entity>(&place.db().await).await.len() >= all).await;
            let records = rows::<Entity>(&place.db().await).await;
            let told =
                |record: &Model| (record.action_type.clone(), record.resource_id.clone(), record.rows_read);
            let seen: Vec<_> = records[before..].iter().map(told).collect();
            // How much there is in the last days depends on the day.
            let expected: Vec<_> = expected
                .iter()
                .zip(&seen)
                .map(|((action, resource, count), seen)| {
                    (
                        action.to_string(),
                        resource.map(str::to_owned),
                        if *count < 0 { seen.2 } else { *count },
                    )
                })
                .collect();
            assert_eq!(seen, expected, "{path}");
            before = all;
        }
    }
}

#[tokio::test]
async fn a_record_says_who_asked_from_where_and_what() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    site.get_as(AUDITOR, "/api/v1/logs?domain=user&domain=auth&limit=3");
    let [record] = &rows::<Entity>(&place.db().await).await[..] else { panic!("one record") };
    assert!(record.reader.as_ref().unwrap().starts_with("the auditor"));
    assert_eq!(record.actor_type, "TOKEN");
    assert_eq!(record.address.as_deref(), Some("127.0.0.1"));
    assert_eq!(record.extra, Some(json!({"domain": ["user", "auth"], "limit": ["3"]})));
}

#[tokio::test]
async fn a_sign_in_is_recorded() {
    let (tokens, place) = (Tokens::file(), Fixture::sqlite());
    let site = tokens.site(&place);
    site.post("/sign-in", &[("token", AUDITOR)], &[]);
    let [record] = &rows::<Entity>(&place.db().await).await[..] else { panic!("one record") };
    assert_eq!(record.action_type, "SIGN_IN");
    assert!(record.extra.is_none());
}

#[tokio::test]
async fn a_refused_read_is_not_recorded_as_one() {
    let place = Fixture::sqlite();
    let site = Site::of(&place);
    for path in ["/api/v1/logs?limit=0", "/api/v1/nowhere", "/search?limit=0"] {
        site.get(path);
    }
    assert_eq!(place.count("p_access_log").await, 0);
}

#[tokio::test]
async fn a_read_that_cannot_be_recorded_is_refused() {
    for (place, break_log) in full() {
        events::store(&place, 1).await;
        let site = Site::of(&place);
        place.db().await.execute_unprepared(break_log).await.unwrap();
        for (path, _) in READS.iter().chain(&[("/api/v1/logs/tail", &[][..])]) {
            let answer = site.get(path);
            assert_eq!(answer.status, 503, "{path}: {}", answer.body);
            assert_eq!(answer.header("retry-after"), "5", "{path}");
            assert!(!answer.body.contains(RESOURCE), "{path}");
        }
        site.service.wait_for_log("a read can't be recorded and was refused", READS.len());
    }
}

#[tokio::test]
async fn with_refuse_unrecorded_off_it_is_answered_and_logged() {
    for (place, break_log) in full() {
        events::store(&place, 1).await;
        let site = Site::with(&place, &[("LOG_SERVICE__READING__REFUSE_UNRECORDED", "false")]);
        place.db().await.execute_unprepared(break_log).await.unwrap();
        for (path, _) in READS {
            assert_eq!(site.get(path).status, 200, "{path}");
        }
        site.service.wait_for_log("a read was not recorded", READS.len());
    }
}

/// Text that a database may not keep: NUL, half a surrogate pair, no UTF-8, and a lot.
fn strange() -> [String; 5] {
    let long = "x".repeat(10_000);
    ["%00", "a%00b", "%ED%A0%80", "%FF%FE", &long].map(str::to_owned)
}

const ASKED: [(&str, &[&str]); 12] = [
    ("/api/v1/logs?from=2025-12-01", &["q", "domain", "resource_id", "limit", "cursor", "tz", "order", "id"]),
    ("/api/v1/timeline?q=0", &["q", "only_key", "certainty", "widen", "limit", "tz"]),
    ("/api/v1/stats?by=domain", &["by", "bucket", "action_type"]),
    ("/api/v1/logs/export?format=ndjson", &["format", "bom", "order", "tz"]),
    ("/api/v1/logs/tail?domain=user", &["since", "tz", "actor_type"]),
    ("/api/v1/access?limit=1", &["reader", "address", "action_type"]),
    ("/api/v1/dead-letters?limit=1", &["reason", "id", "domain"]),
    ("/search?domain=user", &["resource_id", "action_type", "tz"]),
    ("/timeline?q=0", &["q", "from", "tz"]),
    ("/overview?range=24h", &["range", "tz"]),
    ("/access-log?limit=1", &["reader", "cursor"]),
    ("/dead-letters?domain=user", &["did", "done", "file", "reason"]),
];

#[tokio::test]
async fn nothing_in_an_address_makes_a_read_unrecordable() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let site = Site::of(&place);
        for (path, names) in ASKED {
            for name in names {
                for text in strange() {
                    let path = format!("{path}&{name}={text}");
                    let answer = site.request(&path, &[]).call().unwrap();
                    assert_ne!(answer.status().as_u16(), 503, "{path}");
                }
            }
        }
        for text in strange() {
            for path in ["/api/v1/logs/payment/", "/api/v1/dead-letters/payment/", "/events/user/"] {
                let path = format!("{path}{text}");
                assert_ne!(site.get(&path).status, 503, "{path}");
            }
        }
        assert!(!site.service.log().iter().any(|line| line.to_string().contains("can't be recorded")));
    }
}

#[tokio::test]
async fn a_follower_is_recorded_with_the_position_that_he_asked_for() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let site = Site::of(&place);
        // What the header overrules is not looked at.
        let answer =
            site.request("/api/v1/logs/tail?since=%00", &[("last-event-id", "start")]).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let records = rows::<Entity>(&place.db().await).await;
        assert_eq!(records[0].extra, Some(json!({"since": ["␀"], "last-event-id": ["start"]})));
    }
}

/// Stores so many payments of 200 kB, more than the system keeps for a reader who takes nothing.
pub async fn fill(place: &Fixture, count: u128) {
    place.prepare();
    let (at, note) = (Utc::now().to_rfc3339(), "x".repeat(200_000));
    let row = |number| {
        let id = Uuid::from_u128(number);
        let is_postgres = place.url.starts_with("postgres");
        let id = if is_postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
        format!("({id}, 'CONFIRM', 'SYSTEM', '{at}', 0, '{{\"note\": \"{note}\"}}')")
    };
    let rows: Vec<_> = (1..=count).map(row).collect();
    let columns = "id, action_type, actor_type, occurred_at, retry_count, extra";
    let insert = format!("INSERT INTO p_payment_log ({columns}) VALUES {}", rows.join(", "));
    place.db().await.execute_unprepared(&insert).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_not_taken_to_its_end_is_recorded_as_cut_off() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        fill(&place, 40).await;
        let site = Site::of(&place);
        let answer = site.request("/api/v1/logs?limit=500", &[]).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        drop(answer);
        eventually("the record of the cut", async || {
            rows::<Entity>(&place.db().await).await.iter().any(|record| record.action_type == "CUT_OFF")
        })
        .await;
        let records = rows::<Entity>(&place.db().await).await;
        let [read, cut] = &records[..] else { panic!("{records:?}") };
        let told = cut.extra.as_ref().unwrap();
        assert_eq!((&told["of"], &told["id"]), (&json!("SEARCH"), &json!(read.id)));
        assert!(told["bytes_sent"].as_u64().unwrap() < 8_000_000, "{told}");
        assert_eq!(site.get("/api/v1/logs?limit=5").status, 200);
        assert_eq!(place.count("p_access_log").await, 3);
    }
}

#[tokio::test]
async fn the_end_of_an_export_says_whether_all_of_it_was_taken() {
    let place = Fixture::sqlite();
    events::store(&place, 1).await;
    let site = Site::of(&place);
    site.get("/api/v1/logs/export?format=csv");
    let ends = || async {
        let records = rows::<Entity>(&place.db().await).await;
        let ends = records.into_iter().filter(|record| record.action_type == "EXPORT_END");
        ends.map(|end| end.extra.unwrap_or_default()["end"].clone()).collect::<Vec<_>>()
    };
    eventually("the end", async || ends().await == [json!("complete")]).await;
}

/// Databases, and how to make their log of reading refuse more.
fn full() -> [(Fixture, &'static str); 2] {
    [
        (
            Fixture::sqlite(),
            "CREATE TRIGGER full BEFORE INSERT ON p_access_log BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
        ),
        (Fixture::postgresql(), "ALTER TABLE p_access_log ADD CONSTRAINT full_disk CHECK (false) NOT VALID"),
    ]
}
