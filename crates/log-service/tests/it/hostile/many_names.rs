//! Publishers that make up names, as many as they like: of actions, and of fields.

use std::time::Duration;

use audit_core::store::DomainLog;
use audit_store::Store;
use chrono::Utc;
use chrono_tz::UTC;
use payment_log::PaymentLog;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{fixture::Fixture, web::Site};

/// More than anybody tells apart.
const NAMES: u128 = 12_000;
const MANY_FIELDS: Uuid = Uuid::from_u128(7);

async fn store(place: &Fixture, bodies: impl Iterator<Item = Value>) {
    let log = DomainLog::of::<PaymentLog>();
    let rows: Vec<_> =
        bodies.map(|body| log.decode(body.to_string().as_bytes(), UTC, None).unwrap()).collect();
    let store = Store::new(place.db().await, Duration::from_secs(30));
    for batch in rows.chunks(500) {
        store.insert(log.table(), batch).await.unwrap();
    }
}

fn event(id: Uuid, action_type: &str) -> Value {
    json!({ "eventId": id, "actionType": action_type, "actorType": "SYSTEM", "occurredAt": Utc::now() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_shows_what_is_most_and_the_rest_as_others() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        place.prepare();
        let made_up = (0..NAMES).map(|number| event(Uuid::now_v7(), &format!("MADE_UP_{number}")));
        let chosen = (0..3).map(|_| event(Uuid::now_v7(), "CONFIRM"));
        store(&place, made_up.chain(chosen)).await;
        let mut many_fields = event(MANY_FIELDS, "CANCEL");
        for number in 0..NAMES {
            many_fields[format!("field{number}")] = json!(number.to_string());
        }
        store(&place, std::iter::once(many_fields)).await;

        let site = Site::of(&place);
        for range in ["24h", "7d", "30d"] {
            let overview = site.get(&format!("/overview?range={range}"));
            assert_eq!(overview.status, 200, "{}", overview.body);
            let text = overview.text();
            let top = &text[text.find("Top actions").unwrap()..];
            // 12,004 in all: CONFIRM thrice, seven others are named.
            let (confirm, others) = (top.find(">CONFIRM<").unwrap(), top.find("Others").unwrap());
            assert!(confirm < others && top[others..].contains("11,994"), "{top}");
        }
        for page in ["/search", "/timeline?q=SYSTEM", &format!("/events/payment/{MANY_FIELDS}")] {
            assert_eq!(site.get(page).status, 200, "{page}");
        }
        let whole = site.json(&format!("/api/v1/logs/payment/{MANY_FIELDS}"));
        assert_eq!(whole["extra"].as_object().unwrap().len(), usize::try_from(NAMES).unwrap());

        // Numbers are all of them, or none: who asks for too many is told what to ask instead.
        let refused = site.get("/api/v1/stats?by=action_type");
        assert_eq!(refused.status, 422);
        assert!(refused.text().contains("more than 10000 lines"), "{}", refused.body);
    }
}
