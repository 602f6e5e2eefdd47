//! Batches whose make-up must be exact: given to the store itself.

use std::time::Duration;

use audit_core::store::{DomainLog, Row};
use audit_ingest::{Inserted, Store};
use chrono_tz::UTC;
use payment_log::PaymentLog;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::fixture::{Fixture, count, payment, payment_with};

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
