//! Partitions on PostgreSQL: few of them whatever is published, and in nobody's way.

use audit_core::Domain;
use chrono::{Datelike, Months, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};
use serde_json::{Value, json};

use crate::{
    dead_letters,
    fixture::{Fixture, PAYMENT, count, eventually, header_of, payment, payment_with},
};

const USER: Domain = Domain::new("user");

pub async fn partitions_of(place: &Fixture, table: &str) -> i64 {
    place.count(&format!("log_partitions('{table}')")).await
}

fn at(time: &str) -> Value {
    payment_with(json!({"occurredAt": time}))
}

#[tokio::test]
async fn an_event_of_each_month_of_three_centuries_makes_few_partitions() {
    let place = Fixture::postgresql();
    place.prepare();
    let months = (1900..2200).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let bodies: Vec<_> = months.map(|(year, month)| at(&format!("{year}-{month:02}-15T12:00:00Z"))).collect();
    place.publish_payments(&bodies).await;
    let _service = place.serve();
    // Up to the month after the next.
    let now = Utc::now();
    let taken = i64::from(now.year() - 1900) * 12 + i64::from(now.month()) + 2;
    place.wait_for_rows("p_payment_log", taken).await;
    let dead = usize::try_from(3600 - taken).unwrap();
    let letters = place.dead_letters(PAYMENT, dead).await;
    let reasons = letters.iter().map(|letter| header_of(letter, "x-audit-reason"));
    assert!(reasons.flatten().all(|reason| reason == "too_far_ahead"));
    let own = taken - 120 * 12;
    assert_eq!(partitions_of(&place, "p_payment_log").await, 1 + own);
    assert_eq!(place.count("p_payment_log_before_2020_01").await, 120 * 12);
}

#[tokio::test]
async fn an_event_of_a_far_month_is_put_back_once_the_log_is_ready_for_it() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        let far = Utc::now().checked_add_months(Months::new(6)).unwrap().to_rfc3339();
        place.publish_payments(&[at(&far), payment()]).await;
        dead_letters::wait_for(&place, PAYMENT, 1).await;
        let letters = dead_letters::list(&place);
        assert_eq!(letters["counts"][0]["reason"], "too_far_ahead");
        assert_eq!(letters["items"][0]["field"], "occurredAt");
        service.stop().expect_success();
        let _service = place.serve_with(&[("LOG_SERVICE__DATABASE__MONTHS_AHEAD", "6")]);
        assert!(dead_letters::said(&place, &["replay", "--all"]).contains("1 replayed"));
        place.wait_for_rows("p_payment_log", 2).await;
    }
}

#[tokio::test]
async fn the_first_month_is_configured() {
    let place = Fixture::postgresql();
    let _service = place.serve_with(&[("LOG_SERVICE__DATABASE__FIRST_MONTH", "2024-02")]);
    place.publish_payments(&[at("2024-01-31T23:59:59.999999Z"), at("2024-02-01T00:00:00Z")]).await;
    place.wait_for_rows("p_payment_log", 2).await;
    for partition in ["p_payment_log_before_2024_02", "p_payment_log_2024_02"] {
        assert_eq!(place.count(partition).await, 1, "{partition}");
    }
}

/// Months as an earlier version made them: each its own, however long ago.
async fn make_as_before(place: &Fixture, months: &[(i32, u32)]) {
    let db = place.db().await;
    for (year, month) in months {
        let (name, first) =
            (format!("p_payment_log_{year}_{month:02}"), format!("{year}-{month:02}-01 00:00:00+00"));
        let make = format!(
            "CREATE TABLE {name} PARTITION OF p_payment_log
                FOR VALUES FROM ('{first}') TO ('{year}-{:02}-01 00:00:00+00');
            CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_log_change();
            ALTER TABLE {name} ENABLE ALWAYS TRIGGER append_only",
            month + 1
        );
        db.execute_unprepared(&make).await.unwrap();
    }
}

#[tokio::test]
async fn events_between_older_partitions_share_one_and_detached_months_are_left_alone() {
    let place = Fixture::postgresql();
    place.prepare();
    make_as_before(&place, &[(1999, 3), (2012, 5), (2015, 8)]).await;
    let service = place.serve();
    let bodies = ["1999-03-07T00:00:00Z", "2012-05-07T00:00:00Z", "2015-08-07T00:00:00Z"].map(at);
    place.publish_payments(&bodies).await;
    place.wait_for_rows("p_payment_log", 3).await;
    service.stop().expect_success();
    let db = place.db().await;
    db.execute_unprepared("ALTER TABLE p_payment_log DETACH PARTITION p_payment_log_2012_05").await.unwrap();

    let service = place.serve();
    let times = ["1950-01-01", "1999-03-31", "1999-04-01", "2012-04-30", "2012-06-01", "2019-12-31"];
    let bodies = times.map(|day| at(&format!("{day}T00:00:00Z")));
    place.publish_payments(&bodies).await;
    place.publish_payments(&[at("2012-05-31T23:59:59Z")]).await;
    place.wait_for_rows("p_payment_log", 2 + 6).await;
    service.wait_for_log("p_payment_log_2012_05 is detached", 1);
    for (partition, rows) in [
        ("p_payment_log_before_1999_03", 1),
        ("p_payment_log_1999_03", 2),
        ("p_payment_log_before_2012_05", 2),
        ("p_payment_log_before_2015_08", 1),
        ("p_payment_log_2015_08", 1),
        ("p_payment_log_before_2020_01", 1),
    ] {
        assert_eq!(count(&db, partition).await, rows, "{partition}");
    }
    let attach = "ALTER TABLE p_payment_log ATTACH PARTITION p_payment_log_2012_05
        FOR VALUES FROM ('2012-05-01 00:00:00+00') TO ('2012-06-01 00:00:00+00')";
    db.execute_unprepared(attach).await.unwrap();
    place.wait_for_rows("p_payment_log", 3 + 7).await;
    assert_eq!(service.stop().counted("payment", "dead_letters"), 0);
}

/// Keeps anybody from making partitions of payments, as `ANALYZE` or `DETACH … CONCURRENTLY` does. The month of
/// [`payment`] has its own before.
pub async fn hold_up(place: &Fixture) -> DatabaseTransaction {
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let session = place.db().await.begin().await.unwrap();
    let lock = "LOCK TABLE ONLY p_payment_log IN SHARE UPDATE EXCLUSIVE MODE";
    session.execute_unprepared(lock).await.unwrap();
    session
}

#[tokio::test]
async fn a_partition_that_cannot_be_made_holds_up_no_events_but_its_own() {
    let place = Fixture::postgresql();
    let service = place.serve();
    let session = hold_up(&place).await;
    // In one batch with others, and before many others.
    place.publish_payments(&[payment(), at("2021-05-07T00:00:00Z"), payment()]).await;
    place.wait_for_rows("p_payment_log", 3).await;
    service.wait_for_log("events wait for a partition that can't be made", 1);
    let now = Utc::now().to_rfc3339();
    for batch in 1..=3 {
        let bodies: Vec<_> = (0..1000).map(|_| if batch == 2 { payment() } else { at(&now) }).collect();
        place.publish_payments(&bodies).await;
        place.wait_for_rows("p_payment_log", 3 + 1000 * batch).await;
    }
    // Other domains have their new months meanwhile.
    let user = payment_with(json!({"userId": uuid::Uuid::nil(), "occurredAt": "2021-05-07T00:00:00Z"}));
    place.publish(&[place.message(USER, user.to_string())]).await;
    place.wait_for_rows("p_user_log", 1).await;
    assert_eq!(count(&place.db().await, "p_payment_log").await, 3003);
    session.rollback().await.unwrap();
    place.wait_for_rows("p_payment_log", 3004).await;
    service.wait_for_log("all events have their partition", 1);
    // Each message was acknowledged, once.
    let stopped = service.stop();
    assert_eq!((stopped.counted("payment", "stored"), stopped.counted("payment", "dead_letters")), (3004, 0));
    assert_eq!(stopped.counted("payment", "duplicates"), 0);
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 0);
}

#[tokio::test]
async fn what_waits_for_a_partition_comes_again_after_a_restart() {
    let place = Fixture::postgresql();
    let service = place.serve();
    let session = hold_up(&place).await;
    place.publish_payments(&[at("2021-05-07T00:00:00Z"), payment()]).await;
    service.wait_for_log("events wait for a partition that can't be made", 1);
    place.wait_for_rows("p_payment_log", 2).await;
    service.stop().expect_success();
    session.rollback().await.unwrap();
    let queue = place.topology.queue(PAYMENT);
    eventually("the event to be back", async || place.waiting(&queue).await == 1).await;
    let _service = place.serve();
    place.wait_for_rows("p_payment_log", 3).await;
}

#[tokio::test]
async fn ids_are_looked_up_by_the_key_though_the_month_was_empty_when_it_began() {
    let place = Fixture::postgresql();
    place.prepare();
    let db = place.db().await;
    // Some know that their tables are empty, and some don't.
    db.execute_unprepared("ANALYZE p_payment_log").await.unwrap();
    let service = place.serve();
    let now = Utc::now();
    for batch in 1..=10 {
        let time = (now - TimeDelta::seconds(batch)).to_rfc3339();
        let bodies: Vec<_> = (0..100).map(|_| at(&time)).collect();
        place.publish_payments(&bodies).await;
        let users: Vec<_> = bodies.iter().map(|body| place.message(USER, body.to_string())).collect();
        place.publish(&users).await;
    }
    let queues = [PAYMENT, USER].map(|domain| place.topology.queue(domain));
    for queue in &queues {
        eventually("all to be read", async || place.waiting(queue).await == 0).await;
    }
    let stopped = service.stop();
    assert_eq!(["payment", "user"].map(|domain| stopped.counted(domain, "stored")), [1000, 1000]);
    let of_month = now.format("%Y_%m");
    for table in ["p_payment_log", "p_user_log"] {
        let used = |index: &str, times: &str| {
            let index = format!("{table}_{of_month}_{index}");
            format!("pg_stat_user_indexes WHERE indexrelname = '{index}' AND idx_scan {times}")
        };
        // The database counts with a delay.
        let key = used("pkey", "= 1000");
        eventually("all ids to be looked up by the key", async || count(&db, &key).await == 1).await;
        assert_eq!(count(&db, &used("occurred_at_id_idx", "> 0")).await, 0, "{table}");
    }
}
