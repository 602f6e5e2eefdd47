//! Everything that can be asked beside a search.

use serde_json::{Value, json};

use super::{Site, escaped};
use crate::{
    fixture::Fixture,
    reading::{events, ids},
    samples,
};

#[tokio::test]
async fn an_event_is_found_by_its_domain_and_id() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 12).await;
        let site = Site::of(&place);
        for event in &events {
            let found = site.json(&format!("/api/v1/logs/{}/{}", event.domain, event.id));
            assert_eq!(ids(std::slice::from_ref(&found)), [event.key()]);
            for column in ["action_type", "actor_id", "actor_type", "resource_id", "trace_id", "extra"] {
                assert_eq!(found[column], event.get(column), "{column}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let place = Fixture::sqlite();
    let event = events::store(&place, 1).await.remove(0);
    let site = Site::of(&place);
    for path in [
        format!("/api/v1/logs/{}/{}", event.domain, uuid::Uuid::nil()),
        format!("/api/v1/logs/nowhere/{}", event.id),
        format!("/api/v1/logs/{}/7", event.domain),
        format!("/api/v1/logs/{}/%FF", event.domain),
        format!("/api/v1/logs/{}", event.domain),
        "/api/v1".to_owned(),
        "/nowhere".to_owned(),
        format!("/events/{}/{}", event.domain, uuid::Uuid::nil()),
    ] {
        assert_eq!(site.get(&path).status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_timeline_tells_a_story_in_its_order_and_what_belongs_to_it() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 30).await;
        let site = Site::of(&place);
        let whole = format!("/api/v1/timeline?q={}&from=2025-12-01", events::NUMBER);
        let story = format!("{whole}&only_key=true");
        let told = site.json(&story);
        let expected: Vec<_> = events
            .iter()
            .filter(|event| event.get("reservation_number") == events::NUMBER)
            .map(events::Event::key)
            .collect();
        assert_eq!(ids(told["items"].as_array().unwrap()), expected);
        assert_eq!(told["is_cut"], false);

        let cut = site.json(&format!("{story}&limit=2"));
        assert_eq!(ids(cut["items"].as_array().unwrap()), expected[expected.len() - 2..]);
        assert_eq!(cut["is_cut"], true);

        // What programs sent when it was not the default is understood.
        assert_eq!(site.json(&whole), site.json(&format!("{whole}&widen=true")));
        let whole = site.json(&whole);
        let via = |via: &str| {
            let items = whole["items"].as_array().unwrap().iter();
            ids(&items.filter(|item| item["via"] == via).cloned().collect::<Vec<_>>())
        };
        assert_eq!(via("key"), expected);
        assert!(!via("resource").is_empty() && !via("trace").is_empty());
    }
}

#[tokio::test]
async fn stats_count_by_stretches_of_time_in_a_zone() {
    let mut answers = Vec::new();
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 40).await;
        let site = Site::of(&place);
        let days = site.json("/api/v1/stats?from=2025-12-01&bucket=day&tz=Asia/Seoul&by=actor_type");
        let sum: u64 =
            days["items"].as_array().unwrap().iter().map(|item| item["count"].as_u64().unwrap()).sum();
        assert_eq!(sum, events.len() as u64);
        assert!(days.to_string().contains("2026-01-01T00:00:00+09:00"), "{days}");
        let hours =
            site.json("/api/v1/stats?from=2025-12-01&bucket=hour&by=domain&by=action_type&domain=user");
        let plain = site.json("/api/v1/stats?from=2025-12-01");
        assert_eq!(plain["items"][0], json!({"domain": "arthall", "count": 40}));
        answers.push([days, hours, plain]);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn the_domains_come_with_the_columns_of_their_own() {
    let site = Site::alone(&[]);
    let domains = site.json("/api/v1/domains");
    let items = domains["items"].as_array().unwrap();
    let names: Vec<_> = items.iter().map(|item| item["domain"].as_str().unwrap()).collect();
    assert_eq!(names, samples::domains());
    let payment = items.iter().find(|item| item["domain"] == "payment").unwrap();
    assert_eq!(payment["table"], "p_payment_log");
    assert_eq!(
        payment["details"],
        json!([{"name": "method", "kind": "text"}, {"name": "retry_count", "kind": "integer"}])
    );
}

#[tokio::test]
async fn the_access_log_is_searched_like_the_log() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        events::store(&place, 2).await;
        let site = Site::of(&place);
        for _ in 0..3 {
            site.json(&format!("/api/v1/logs?action_type={}", escaped("좌석선점")));
        }
        site.json("/api/v1/stats");
        let found = site.json("/api/v1/access?order=oldest&action_type=SEARCH&limit=2");
        let items = found["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0]["extra"], json!({"action_type": ["좌석선점"]}));
        let next = site.json(&format!(
            "/api/v1/access?limit=2&action_type=SEARCH&cursor={}",
            found["next_cursor"].as_str().unwrap()
        ));
        assert_eq!(next["items"].as_array().map(Vec::len), Some(1));
        assert_eq!(next["next_cursor"], Value::Null);
        assert_eq!(site.json("/api/v1/access?reader=nobody")["items"], json!([]));
    }
}
