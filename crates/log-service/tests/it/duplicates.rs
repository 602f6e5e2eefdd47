//! The same event more than once: the first stays, always.

use serde_json::json;

use crate::fixture::{Fixture, PAYMENT, header_of, payment};

#[tokio::test]
async fn a_duplicate_is_acknowledged_and_counted() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let event = payment();
        place.publish_payments(std::slice::from_ref(&event)).await;
        place.wait_for_rows("p_payment_log", 1).await;
        place.publish_payments(&[event.clone(), payment()]).await;
        place.wait_for_rows("p_payment_log", 2).await;
        let stopped = service.stop();
        assert_eq!(stopped.counted("payment", "duplicates"), 1);
        assert_eq!(stopped.counted("payment", "stored"), 2);
        assert_eq!(place.waiting(&place.topology.dead_letter_queue(PAYMENT)).await, 0);
        assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 0);
    }
}

#[tokio::test]
async fn the_same_id_and_time_with_other_content_is_a_conflict() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let first = payment();
        let mut other = first.clone();
        other["actionType"] = json!("REFUND");
        place.publish_payments(&[first]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        place.publish_payments(&[other.clone(), payment()]).await;
        let letters = place.dead_letters(PAYMENT, 1).await;
        assert_eq!(letters[0].data, other.to_string().into_bytes());
        assert_eq!(header_of(&letters[0], "x-audit-reason").as_deref(), Some("conflict"));
        place.wait_for_rows("p_payment_log", 2).await;
        assert_eq!(place.payments().await[0].action_type, "CONFIRM");
        let stopped = service.stop();
        assert_eq!(stopped.counted("payment", "dead_letters"), 1);
        let told = stopped.log().iter().find(|line| line["reason"] == "conflict").unwrap();
        assert_eq!(told["event_id"], other["eventId"]);
    }
}

#[tokio::test]
async fn the_same_id_at_another_time_is_another_event() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let _service = place.serve();
        let first = payment();
        let mut later = first.clone();
        later["occurredAt"] = json!("2025-12-07T00:00:00");
        place.publish_payments(&[first, later]).await;
        place.wait_for_rows("p_payment_log", 2).await;
    }
}
