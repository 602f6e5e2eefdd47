//! What stands in the log stays as it is.

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::fixture::{Fixture, payment, payment_with};

async fn with_one_row(place: &Fixture) -> payment_log::entity::Model {
    let service = place.serve();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    service.stop().expect_success();
    place.payments().await.remove(0)
}

async fn refused(place: &Fixture, statement: &str) {
    let error = place.db().await.execute_unprepared(statement).await.unwrap_err();
    assert!(error.to_string().contains("append-only"), "{statement}: {error}");
}

#[tokio::test]
async fn update_delete_and_truncate_are_refused_on_postgresql() {
    let place = Fixture::postgresql();
    let row = with_one_row(&place).await;
    // The partition as well, and in a session that plays a replica.
    for table in ["p_payment_log", "p_payment_log_2025_12"] {
        for mode in ["origin", "replica"] {
            for change in [
                format!("UPDATE {table} SET action_type = 'REFUND'"),
                format!("DELETE FROM {table}"),
                format!("TRUNCATE {table}"),
                format!(
                    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id, occurred_at) DO UPDATE SET method = ''"
                ),
            ] {
                refused(&place, &format!("SET session_replication_role = {mode}; {change}")).await;
            }
        }
    }
    assert_eq!(place.payments().await, [row]);
}

#[tokio::test]
async fn update_delete_and_replace_are_refused_on_sqlite() {
    let place = Fixture::sqlite();
    let row = with_one_row(&place).await;
    refused(&place, "UPDATE p_payment_log SET action_type = 'REFUND'").await;
    refused(&place, "DELETE FROM p_payment_log").await;
    // SQLite fires no DELETE trigger here: the new row is passed over instead.
    let replace = "INSERT OR REPLACE INTO p_payment_log (seq, id, action_type, actor_type, occurred_at)
        SELECT seq, id, 'REFUND', actor_type, occurred_at FROM p_payment_log";
    place.db().await.execute_unprepared(replace).await.unwrap();
    assert_eq!(place.payments().await, [row]);
}

#[tokio::test]
async fn a_partition_is_made_when_an_event_needs_it() {
    let place = Fixture::postgresql();
    let service = place.serve();
    let bodies = ["2019-12-31T23:59:59.999999", "2020-01-01T00:00:00", "2025-12-06T11:00:29"]
        .map(|time| payment_with(json!({"occurredAt": time})));
    place.publish_payments(&bodies).await;
    place.wait_for_rows("p_payment_log", 3).await;
    for partition in ["p_payment_log_before_2020_01", "p_payment_log_2020_01", "p_payment_log_2025_12"] {
        assert_eq!(place.count(partition).await, 1, "{partition}");
    }
    assert_eq!(service.stop().counted("payment", "stored"), 3);
}

#[tokio::test]
async fn a_batch_may_span_many_months() {
    let place = Fixture::postgresql();
    place.prepare();
    let month = |number: u32| format!("{}-{:02}-01T00:00:00", 2020 + number / 12, 1 + number % 12);
    let bodies: Vec<_> = (0..60).map(|number| payment_with(json!({"occurredAt": month(number)}))).collect();
    place.publish_payments(&bodies).await;
    let _service = place.serve();
    place.wait_for_rows("p_payment_log", 60).await;
}

#[tokio::test]
async fn events_of_a_detached_month_are_held_until_somebody_decides() {
    let place = Fixture::postgresql();
    with_one_row(&place).await;
    let db = place.db().await;
    db.execute_unprepared("ALTER TABLE p_payment_log DETACH PARTITION p_payment_log_2025_12").await.unwrap();
    let service = place.serve();
    place.publish_payments(&[payment()]).await;
    service.wait_for_log("p_payment_log_2025_12 is detached", 1);
    db.execute_unprepared(
        "ALTER TABLE p_payment_log ATTACH PARTITION p_payment_log_2025_12
            FOR VALUES FROM ('2025-12-01 00:00:00+00') TO ('2026-01-01 00:00:00+00')",
    )
    .await
    .unwrap();
    place.wait_for_rows("p_payment_log", 2).await;
    assert_eq!(service.stop().counted("payment", "dead_letters"), 0);
}
