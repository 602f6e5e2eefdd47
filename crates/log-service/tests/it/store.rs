//! Batches whose make-up must be exact: given to the store itself.

use std::time::Duration;

use audit_core::store::{DomainLog, Row};
use audit_store::{Inserted, Store};
use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use payment_log::PaymentLog;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixture::{Fixture, count, eventually, payment, payment_with};

async fn store_of(place: &Fixture) -> Store {
    let up = place.command(&["migrate", "up"]).output().unwrap();
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    Store::new(place.db().await, Duration::from_secs(30))
}

fn rows(bodies: &[Value]) -> Vec<Row> {
    let log = DomainLog::of::<PaymentLog>();
    bodies.iter().map(|body| log.decode(body.to_string().as_bytes(), UTC, None).unwrap()).collect()
}

#[tokio::test]
async fn of_one_id_twice_in_a_batch_the_first_is_stored() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let first = payment();
        let mut other = first.clone();
        other["method"] = json!("KAKAO_PAY");
        let batch = rows(&[payment(), first.clone(), first, other]);
        let inserted = store.insert(log.table(), &batch).await.unwrap();
        assert_eq!(
            inserted,
            Inserted { stored: 2, duplicates: 1, conflicts: vec![3], ..Inserted::default() }
        );
    }
}

/// What becomes of events of one id that come in one batch, and of the same that come one after the other.
async fn in_one_batch_and_one_by_one(times: &[&str]) -> Inserted {
    let mut outcomes = Vec::new();
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let of_one_id = || {
            let event = payment();
            let at = |time: &&str| {
                let mut event = event.clone();
                event["occurredAt"] = json!(time);
                event
            };
            rows(&times.iter().map(at).collect::<Vec<_>>())
        };
        let mut together = store.insert(log.table(), &of_one_id()).await.unwrap();
        together.conflicts.sort_unstable();
        outcomes.push(together);
        let mut each = Inserted::default();
        for (place, row) in of_one_id().into_iter().enumerate() {
            let inserted = store.insert(log.table(), &[row]).await.unwrap();
            each.stored += inserted.stored;
            each.duplicates += inserted.duplicates;
            each.conflicts.extend(inserted.conflicts.iter().map(|_| place));
        }
        outcomes.push(each);
    }
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    outcomes.remove(0)
}

#[tokio::test]
async fn an_id_in_a_batch_is_treated_as_if_its_events_had_come_one_after_the_other() {
    let rounded = ["2025-12-06T11:00:29.123456789", "2025-12-06T11:00:29.123457", "2025-12-06T11:00:30"];
    let expected = Inserted { stored: 1, duplicates: 1, conflicts: vec![2], ..Inserted::default() };
    assert_eq!(in_one_batch_and_one_by_one(&rounded).await, expected);

    // March is beyond the reach of January, and so is stored; what comes after it is measured by both.
    let months = ["2025-01-05T00:00", "2025-02-05T00:00", "2025-03-05T00:00", "2025-04-05T00:00"];
    let expected = Inserted { stored: 2, duplicates: 0, conflicts: vec![1, 3], ..Inserted::default() };
    assert_eq!(in_one_batch_and_one_by_one(&months).await, expected);

    let expected = Inserted { stored: 1, duplicates: 199, ..Inserted::default() };
    assert_eq!(in_one_batch_and_one_by_one(&["2025-12-06T11:00:29"; 200]).await, expected);
}

/// Before ids were compared, an id at two times made two rows; so do two replicas that store at the same moment.
#[tokio::test]
async fn an_id_that_is_stored_twice_is_known_at_each_of_its_times() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let first = payment();
        let mut second = first.clone();
        second["occurredAt"] = json!("2025-12-07T00:00:00");
        store.insert(log.table(), &rows(std::slice::from_ref(&first))).await.unwrap();
        let twice = "INSERT INTO p_payment_log
            (id, action_type, actor_type, resource_id, occurred_at, method, retry_count)
            SELECT id, action_type, actor_type, resource_id, $1, method, retry_count FROM p_payment_log";
        let values: [sea_orm::Value; 1] = ["2025-12-07T00:00:00Z".parse::<DateTime<Utc>>().unwrap().into()];
        let db = place.db().await;
        let statement = Statement::from_sql_and_values(db.get_database_backend(), twice, values);
        db.execute_raw(statement).await.unwrap();
        let mut other = second.clone();
        other["method"] = json!("KAKAO_PAY");
        let inserted = store.insert(log.table(), &rows(&[first, second, other])).await.unwrap();
        let expected = Inserted { duplicates: 2, conflicts: vec![2], ..Inserted::default() };
        assert_eq!(inserted, expected);
    }
}

#[tokio::test]
async fn what_another_replica_stores_at_the_same_moment_is_a_duplicate() {
    let place = Fixture::postgresql();
    let store = store_of(&place).await;
    let log = DomainLog::of::<PaymentLog>();
    let event = payment();
    store.insert(log.table(), &rows(&[payment()])).await.unwrap();
    let transaction = place.db().await.begin().await.unwrap();
    let values: [sea_orm::Value; 1] = [event["eventId"].as_str().unwrap().parse::<Uuid>().unwrap().into()];
    let other = "INSERT INTO p_payment_log
        (id, action_type, actor_type, resource_id, occurred_at, method, retry_count)
        SELECT $1, action_type, actor_type, resource_id, occurred_at, method, retry_count FROM p_payment_log";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, other, values);
    transaction.execute_raw(statement).await.unwrap();
    let batch = rows(&[event, payment()]);
    let storing = tokio::spawn(async move { store.insert(log.table(), &batch).await });
    // It waits to hear what becomes of the other's row.
    let db = place.db().await;
    eventually("the store to wait", async || count(&db, "pg_locks WHERE NOT granted").await > 0).await;
    transaction.commit().await.unwrap();
    let inserted = storing.await.unwrap().unwrap();
    assert_eq!(inserted, Inserted { stored: 1, duplicates: 1, ..Inserted::default() });
    assert_eq!(place.count("p_payment_log").await, 3);
}

#[tokio::test]
async fn a_batch_of_many_months_is_compared_month_by_month() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let time = |number: u32| format!("{}-{:02}-01T00:00:00Z", 2018 + number / 12, 1 + number % 12);
        let mut bodies: Vec<_> =
            (0..60).rev().map(|number| payment_with(json!({"occurredAt": time(number)}))).collect();
        let inserted = store.insert(log.table(), &rows(&bodies)).await.unwrap();
        assert_eq!(inserted, Inserted { stored: 60, ..Inserted::default() });
        for at in [7, 21, 59] {
            bodies[at]["method"] = json!("KAKAO_PAY");
        }
        bodies.push(payment());
        let mut inserted = store.insert(log.table(), &rows(&bodies)).await.unwrap();
        inserted.conflicts.sort_unstable();
        let expected =
            Inserted { stored: 1, duplicates: 57, conflicts: vec![7, 21, 59], ..Inserted::default() };
        assert_eq!(inserted, expected);
    }
}

#[tokio::test]
async fn no_rows_are_no_error() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        assert_eq!(store.insert(log.table(), &[]).await.unwrap(), Inserted::default());
    }
}

#[tokio::test]
async fn the_same_content_with_another_trace_is_a_duplicate() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let body =
            payment_with(json!({"note": {"b": 1, "a": [2.50, null]}, "actorUserId": null})).to_string();
        for (trace, expected) in [(None, 0), (Some("4bf92f3577b34da6".to_owned()), 1)] {
            let row = log.decode(body.as_bytes(), UTC, trace).unwrap();
            let inserted = store.insert(log.table(), &[row]).await.unwrap();
            assert_eq!((inserted.duplicates, inserted.conflicts), (expected, vec![]));
        }
    }
}

#[tokio::test]
async fn a_refused_row_is_told_from_a_database_that_is_away() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let store = store_of(&place).await;
        let log = DomainLog::of::<PaymentLog>();
        let mut refused = rows(&[payment()]);
        // What no decoding lets through: an action that is NULL.
        refused[0].values[1] = sea_orm::Value::String(None);
        assert!(!store.insert(log.table(), &refused).await.unwrap_err().is_unavailable());

        let db = place.db().await;
        db.execute_unprepared("ALTER TABLE p_payment_log RENAME TO elsewhere").await.unwrap();
        let good = rows(&[payment()]);
        assert!(store.insert(log.table(), &good).await.unwrap_err().is_unavailable());
        assert_eq!(count(&db, "elsewhere").await, 0);
    }
}
