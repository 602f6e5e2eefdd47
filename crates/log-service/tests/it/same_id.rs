//! An id that names several events: its publisher is told where it can be, and the others find all of them.

use audit_query::access_entity::Entity;
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, payment, rows},
    web::Site,
};

/// The same event at two times that are too far apart to be compared when it is stored, and one beside it.
async fn stored_at(place: &Fixture, times: &[&str]) -> String {
    let mut event = payment();
    for (time, number) in times.iter().zip(1..) {
        event["occurredAt"] = json!(time);
        place.publish_payments(std::slice::from_ref(&event)).await;
        place.wait_for_rows("p_payment_log", number).await;
    }
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", i64::try_from(times.len()).unwrap() + 1).await;
    event["eventId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn it_is_found_by_a_check_of_all_that_is_stored() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let check =
            |args: &[&str]| place.command(&[&["domains", "--duplicates"], args].concat()).output().unwrap();
        let none = check(&[]);
        assert!(none.status.success(), "{}", String::from_utf8_lossy(&none.stderr));
        assert!(none.stdout.is_empty());

        let id = stored_at(&place, &["2025-03-06T11:00:29.1", "2025-12-06T11:00:29.123457"]).await;
        service.stop().expect_success();
        let found = check(&["--json"]);
        assert_eq!(found.status.code(), Some(1));
        let listed: Value = serde_json::from_slice(&found.stdout).unwrap();
        let expected = json!([{"domain": "payment", "id": id, "events": 2,
            "first": "2025-03-06T11:00:29.100Z", "last": "2025-12-06T11:00:29.123457Z"}]);
        assert_eq!(listed, expected);
        let shown = String::from_utf8(check(&[]).stdout).unwrap();
        assert!(
            shown.contains(&format!("{id}  2025-03-06T11:00:29.100000Z  2025-12-06T11:00:29.123457Z")),
            "{shown}"
        );

        let records = rows::<Entity>(&place.db().await).await;
        let seen: Vec<_> = records.iter().map(|read| (read.action_type.as_str(), read.rows_read)).collect();
        assert_eq!(seen, [("DUPLICATES", 0), ("DUPLICATES", 1), ("DUPLICATES", 1)]);
    }
}

#[tokio::test]
async fn so_many_are_shown_as_were_asked_for() {
    let place = Fixture::sqlite();
    let service = place.serve();
    for _ in 0..3 {
        let mut event = payment();
        let mut later = event.clone();
        event["occurredAt"] = json!("2025-03-06T11:00:29");
        later["occurredAt"] = json!("2025-12-06T11:00:29");
        place.publish_payments(&[event, later]).await;
    }
    place.wait_for_rows("p_payment_log", 6).await;
    service.stop().expect_success();
    let check = |limit: &str| place.command(&["domains", "--duplicates", "--limit", limit]).output().unwrap();
    let two = check("2");
    assert_eq!(String::from_utf8(two.stdout).unwrap().lines().count(), 1 + 2);
    assert!(String::from_utf8(two.stderr).unwrap().contains("payment has more"));
    let three = check("3");
    assert_eq!(String::from_utf8(three.stdout).unwrap().lines().count(), 1 + 3);
    assert_eq!(String::from_utf8(three.stderr).unwrap(), "");
}

#[tokio::test]
async fn all_of_its_events_are_shown_wherever_it_is_asked_for() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let site = Site::of(&place);
        let times = ["2025-12-06T11:00:29.100Z", "2025-03-06T11:00:29.123457Z"];
        let id = stored_at(&place, &times).await;
        let times_of = |entries: &Value| -> Vec<String> {
            let entries = entries.as_array().unwrap();
            entries.iter().map(|entry| entry["occurred_at"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(times_of(&site.json(&format!("/api/v1/logs?id={id}"))["items"]), times);
        assert_eq!(
            times_of(&site.json(&format!("/api/v1/timeline?q={id}&only_key=true&from=2025-01-01"))["items"]),
            [times[1], times[0]]
        );
        // The event that was stored first, and the other one beside it.
        let event = site.json(&format!("/api/v1/logs/payment/{id}"));
        assert_eq!(event["occurred_at"], times[0]);
        assert_eq!(times_of(&event["others"]), [times[1]]);
        let page = site.get(&format!("/events/payment/{id}?tz=UTC")).body;
        assert!(page.contains("11:00:29.100") && page.contains("11:00:29.123457"), "{page}");
        assert!(page.contains("more than one event"), "{page}");

        let alone = site.json("/api/v1/logs?from=2025-12-01&limit=1")["items"][0]["id"].clone();
        let alone = alone.as_str().unwrap();
        assert_ne!(alone, id);
        assert!(site.json(&format!("/api/v1/logs/payment/{alone}")).get("others").is_none());
        assert!(!site.get(&format!("/events/payment/{alone}")).body.contains("more than one event"));
    }
}
