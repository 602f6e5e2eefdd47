//! Who was refused is recorded, and can't fill the log of reading with that.

use audit_query::access_entity::{Entity, Model};
use serde_json::{Value, json};

use super::{
    Site,
    tokens::{AUDITOR, SUPPORT, Tokens},
};
use crate::fixture::{Fixture, eventually, rows};

async fn refusals(place: &Fixture, count: usize) -> Vec<Model> {
    let mut found = Vec::new();
    eventually("the records", async || {
        found = rows::<Entity>(&place.db().await).await;
        found.retain(|record| record.action_type == "REFUSED");
        found.len() >= count
    })
    .await;
    assert_eq!(found.len(), count, "{found:?}");
    found
}

fn told(record: &Model) -> (Value, Value, Value) {
    let extra = record.extra.clone().unwrap_or_default();
    (extra["status"].clone(), extra["request"].clone(), extra["question"].clone())
}

fn sites() -> [(Tokens, Fixture, Site); 2] {
    [Fixture::sqlite(), Fixture::postgresql()].map(|place| {
        let tokens = Tokens::file();
        let site = tokens.site(&place);
        (tokens, place, site)
    })
}

#[tokio::test]
async fn whoever_is_not_known_or_may_not_is_recorded_with_address_and_question() {
    for (_tokens, place, site) in sites() {
        // Nobody is refused who has not said who he is.
        assert_eq!(site.get("/api/v1/logs").status, 401);
        assert_eq!(site.get("/search").status, 303);

        assert_eq!(site.get_as("tka_guessed", "/api/v1/logs?actor_type=A%00").status, 401);
        refusals(&place, 1).await;
        assert_eq!(site.get_with("/search", &[("cookie", "session=tka_guessed")]).status, 303);
        refusals(&place, 2).await;
        assert_eq!(site.get_as(SUPPORT, "/api/v1/access?reader=kim&password=hunter2").status, 403);
        refusals(&place, 3).await;
        assert_eq!(site.post("/sign-in", &[("token", "tka_guessed")], &[]).status, 401);
        let records = refusals(&place, 4).await;

        let seen: Vec<_> = records.iter().map(told).collect();
        assert_eq!(
            seen,
            [
                (json!(401), json!("GET /api/v1/logs"), json!({"actor_type": ["A␀"]})),
                (json!(401), json!("GET /search"), json!({})),
                (json!(403), json!("GET /api/v1/access"), json!({"reader": ["kim"], "password": ["***"]})),
                (json!(401), json!("POST /sign-in"), json!({})),
            ]
        );
        assert!(records.iter().all(|record| record.address.as_deref() == Some("127.0.0.1")));
        assert!(records[0].reader.is_none() && records[0].actor_type == "UNKNOWN");
        assert!(records[2].reader.as_ref().unwrap().starts_with("the support"));
        let all = format!("{records:?}");
        assert!(!all.contains("tka_") && !all.contains("hunter2"), "{all}");

        let page = site.get_as(AUDITOR, "/access-log?action_type=REFUSED").body;
        assert!(page.contains("Refused") && page.contains("GET /api/v1/access"), "{page}");
        let listed = site.get_as(AUDITOR, "/api/v1/access?action_type=REFUSED").json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn many_refusals_of_an_address_are_a_number_at_the_end_of_the_minute() {
    for (_tokens, place, site) in sites() {
        for _ in 0..200 {
            site.get_as("tka_guessed", "/api/v1/logs");
        }
        for _ in 0..100 {
            site.get_as(SUPPORT, "/api/v1/access");
        }
        site.service.stop();
        let records: Vec<_> = rows::<Entity>(&place.db().await).await;
        // A minute may have ended meanwhile.
        assert!((6..=12).contains(&records.len()), "{records:?}");
        let counted = |record: &Model| record.extra.as_ref().and_then(|extra| extra["count"].as_u64());
        let all: u64 = records.iter().map(|record| counted(record).unwrap_or(1)).sum();
        assert_eq!(all, 300);
        let of_address = records.iter().find(|record| counted(record).is_some()).unwrap();
        assert_eq!(of_address.address.as_deref(), Some("127.0.0.1"));
    }
}
