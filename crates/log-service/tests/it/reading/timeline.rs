use super::{events, ids, json, read};
use crate::fixture::Fixture;

#[tokio::test]
async fn a_reservation_s_number_tells_its_story() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 30).await;
        let whole = ["timeline", events::NUMBER, "--from", "2025-12-01", "--time-zone", "Asia/Seoul"];
        let story = [&whole[..], &["--only-key"]].concat();
        let told = json(&place, &story);
        let expected: Vec<_> =
            events.iter().filter(|event| event.get("reservation_number") == events::NUMBER).collect();
        let keys: Vec<_> = expected.iter().map(|event| event.key()).collect();
        assert_eq!(ids(told["items"].as_array().unwrap()), keys);
        insta::assert_snapshot!("a_story", read(&place, &story));

        let whole = json(&place, &whole);
        let via = |via: &str| {
            let entries = whole["items"].as_array().unwrap().iter().cloned();
            ids(&entries.filter(|entry| entry["via"] == via).collect::<Vec<_>>())
        };
        assert_eq!(via("key"), keys);
        let of_reservation: Vec<_> = events
            .iter()
            .filter(|event| event.get("resource_id") == "00000000-0000-0000-0000-000000005000")
            .map(events::Event::key)
            .filter(|key| !keys.contains(key))
            .collect();
        assert_eq!(via("resource"), of_reservation);
        assert!(!of_reservation.is_empty() && !via("trace").is_empty());
    }
}

#[tokio::test]
async fn whatever_is_at_hand_finds_its_events() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let events = events::store(&place, 12).await;
        let actor = events::actor(2).to_string();
        for key in ["3", "4bf92f3577b34da6a3ce929d0e0e0004", "00000000-0000-0000-0000-000019000003", &actor] {
            let told = json(&place, &["timeline", key, "--from", "2025-12-01", "--only-key"]);
            let has = |event: &&events::Event| {
                ["id", "resource_id", "trace_id", "actor_id"].iter().any(|column| event.get(column) == key)
            };
            let expected: Vec<_> = events.iter().filter(has).map(events::Event::key).collect();
            assert!(expected.len() > 1, "{key}");
            assert_eq!(ids(told["items"].as_array().unwrap()), expected, "{key}");
            let cut = json(&place, &["timeline", key, "--from", "2025-12-01", "--only-key", "--limit", "1"]);
            assert_eq!(ids(cut["items"].as_array().unwrap()), expected[expected.len() - 1..]);
            assert_eq!(cut["is_cut"], true);
        }
    }
}
