//! Events that both services have: the same messages reached both.

use serde_json::json;

use super::{
    everything, import, import_command, not_whole,
    original::{Original, id},
    stderr, whole,
};
use crate::fixture::{Fixture, header, payment_with};
use audit_core::Domain;
use lapin::types::FieldTable;
use test_servers::Running;

const AUTH: Domain = Domain::new("auth");

#[tokio::test]
async fn what_came_by_the_queue_is_there_before_though_ours_knows_more_of_it() {
    let original = Original::new();
    original.run(&format!(
        "INSERT INTO log_service.p_auth_log VALUES
            ('{0}', 'LOGIN', 'CUSTOMER', '{1}', '2025-12-03 07:59:01.4')",
        id(1),
        id(2)
    ));
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let body = json!({
            "eventId": id(1), "authId": id(2), "userType": "CUSTOMER", "actionType": "LOGIN", "actorType": "CUSTOMER",
            "actorUserId": id(2), "occurredAt": "2025-12-03T07:59:01.4", "device": "phone",
        });
        let mut message = place.message(AUTH, body.to_string());
        let mut headers = FieldTable::default();
        header(&mut headers, "traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        message.properties = message.properties.with_headers(headers);
        place.publish(&[message]).await;
        place.wait_for_rows("p_auth_log", 1).await;
        assert_eq!(whole(&import(&place, &original, &[]), "p_auth_log"), [1, 0, 1, 0, 0, 0, 0]);
        let entry = everything(&place).remove(0);
        assert_eq!((&entry["resource_id"], &entry["extra"]["device"]), (&json!(id(2)), &json!("phone")));
        service.stop().expect_success();
    }
}

#[tokio::test]
async fn a_time_that_the_original_has_rounded_is_the_same_time() {
    let original = Original::new();
    // What becomes of the nanoseconds below, in the original's driver.
    original.add_payment(1, "TOSS_CARD", "2025-12-01 00:00:00");
    original.add_payment(2, "TOSS_CARD", "2025-12-02 10:02:40.123457");
    original.add_payment(3, "TOSS_CARD", "2025-12-02 10:02:40.123458");
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let event = |number: u32, time: &str| {
            payment_with(
                json!({"eventId": id(number), "paymentId": id(1_000_000 + number), "occurredAt": time}),
            )
        };
        place
            .publish_payments(&[
                event(1, "2025-11-30T23:59:59.9999999"),
                event(2, "2025-12-02T10:02:40.123456789"),
                event(3, "2025-12-02T10:02:40.123456789"),
            ])
            .await;
        place.wait_for_rows("p_payment_log", 3).await;
        // Two microseconds are more than rounding makes: the third has the id of another event.
        let output = import(&place, &original, &[]);
        assert_eq!(not_whole(&output, "p_payment_log"), ([3, 0, 2, 0, 1, 0, 0], false));
        assert!(stderr(&output).contains(&id(3)), "{}", stderr(&output));
        assert_eq!(place.count("p_payment_log").await, 3);
        service.stop().expect_success();
    }
}

#[tokio::test]
async fn what_came_by_the_queue_with_another_content_stays_and_is_told() {
    let original = Original::new();
    original.add_payment(1, "KAKAO_PAY", "2025-12-06 11:00:29.1");
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        place.publish_payments(&[payment_with(json!({"eventId": id(1), "paymentId": id(1_000_001)}))]).await;
        place.wait_for_rows("p_payment_log", 1).await;
        let output = import(&place, &original, &[]);
        assert_eq!(not_whole(&output, "p_payment_log"), ([1, 0, 0, 0, 1, 0, 0], false));
        assert!(stderr(&output).contains(&id(1)), "{}", stderr(&output));
        assert_eq!(everything(&place)[0]["details"]["method"], "TOSS_CARD");
        service.stop().expect_success();
    }
}

#[tokio::test]
async fn an_import_and_a_service_store_side_by_side() {
    const EACH: u32 = 3000;
    let original = Original::new();
    original.add_payments(1, EACH);
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let importing = Running::start(import_command(&place, &original, &[]));
        for some in (0..EACH).collect::<Vec<_>>().chunks(500) {
            let bodies: Vec<_> =
                some.iter().map(|_| payment_with(json!({"note": "from the queue"}))).collect();
            place.publish_payments(&bodies).await;
        }
        importing.wait().expect_success();
        place.wait_for_rows("p_payment_log", i64::from(2 * EACH)).await;
        let stopped = service.stop();
        assert_eq!(stopped.counted("payment", "stored"), u64::from(EACH));
        assert_eq!(stopped.counted("payment", "dead_letters"), 0);
        let counts = whole(&import(&place, &original, &["--verify-only"]), "p_payment_log");
        assert_eq!(counts, [u64::from(EACH), 0, u64::from(EACH), 0, 0, 0, 0]);
    }
}
