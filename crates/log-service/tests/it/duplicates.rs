//! The same event more than once: the first stays, always.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PAYMENT, eventually, header_of, payment, payment_with};

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
async fn an_event_whose_time_was_rounded_since_is_a_duplicate() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let at = |event: &Value, time: &str| {
            let mut event = event.clone();
            event["occurredAt"] = json!(time);
            event
        };
        // With nanoseconds first, or as a database gave it back first; and into the next month.
        for [first, again] in [
            ["2026-11-26T21:07:09.123456789", "2026-11-26T21:07:09.123457"],
            ["2026-11-26T21:07:09.123457", "2026-11-26T21:07:09.123456789"],
            ["2026-10-31T23:59:59.999999999", "2026-11-01T00:00:00"],
        ] {
            let event = payment();
            let rows = place.count("p_payment_log").await;
            place.publish_payments(&[at(&event, first)]).await;
            place.wait_for_rows("p_payment_log", rows + 1).await;
            place.publish_payments(&[at(&event, again), at(&event, first)]).await;
        }
        // With other content, it is another event.
        let mut other = payment();
        place.publish_payments(std::slice::from_ref(&other)).await;
        place.wait_for_rows("p_payment_log", 4).await;
        other["method"] = json!("KAKAO_PAY");
        let other = at(&other, "2025-12-06T11:00:29.100001");
        place.publish_payments(std::slice::from_ref(&other)).await;
        let letters = place.dead_letters(PAYMENT, 1).await;
        assert_eq!(letters[0].data, other.to_string().into_bytes());
        assert_eq!(header_of(&letters[0], "x-audit-reason").as_deref(), Some("conflict"));

        let stored: Vec<_> = place.payments().await.iter().map(|row| row.occurred_at.to_rfc3339()).collect();
        assert_eq!(
            stored,
            [
                "2026-11-26T21:07:09.123456+00:00",
                "2026-11-26T21:07:09.123457+00:00",
                "2026-10-31T23:59:59.999999+00:00",
                "2025-12-06T11:00:29.100+00:00",
            ]
        );
        let stopped = service.stop();
        let counted = ["stored", "duplicates", "dead_letters"].map(|what| stopped.counted("payment", what));
        assert_eq!(counted, [4, 6, 1]);
    }
}

#[tokio::test]
async fn the_same_id_in_the_same_month_or_one_beside_it_is_a_conflict() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let event = payment_with(json!({"occurredAt": "2025-12-06T11:00:29.1"}));
        place.publish_payments(std::slice::from_ref(&event)).await;
        place.wait_for_rows("p_payment_log", 1).await;
        let at = |time: &&str| {
            let mut event = event.clone();
            event["occurredAt"] = json!(time);
            event
        };
        let near = [
            "2025-11-01T00:00:00",
            "2025-12-06T11:00:29.100002",
            "2025-12-06T20:00:29.1",
            "2026-01-31T23:59:59.999999",
        ];
        place.publish_payments(&near.iter().map(at).collect::<Vec<_>>()).await;
        let letters = place.dead_letters(PAYMENT, near.len()).await;
        for (letter, time) in letters.iter().zip(&near) {
            assert_eq!(letter.data, at(time).to_string().into_bytes());
            assert_eq!(header_of(letter, "x-audit-reason").as_deref(), Some("conflict"));
        }
        // What lies further apart is not looked for; `domains --duplicates` is for that.
        let far = ["2025-10-31T23:59:59.999999", "2026-02-01T00:00:00"];
        place.publish_payments(&far.iter().map(at).collect::<Vec<_>>()).await;
        place.wait_for_rows("p_payment_log", 3).await;
        // Each of the three that are stored is still known as itself.
        place.publish_payments(&[event.clone(), at(&far[0]), at(&far[1])]).await;
        let queue = place.topology.queue(PAYMENT);
        eventually("all to be read", async || place.waiting(&queue).await == 0).await;
        let stopped = service.stop();
        let counted = ["stored", "duplicates", "dead_letters"].map(|what| stopped.counted("payment", what));
        assert_eq!(counted, [3, 3, 4]);
    }
}
