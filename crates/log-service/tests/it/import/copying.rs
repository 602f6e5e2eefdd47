//! What becomes of rows.

use serde_json::{Value, json};

use super::{
    everything, import, import_command, not_whole,
    original::{Original, id, sql_of_page},
    places, stderr, whole,
};
use crate::fixture::{POSTGRESQL, unique_name};

/// A row or two in each table, with everything that they can hold.
const ROWS: &str = "
    INSERT INTO log_service.p_arthall_domain_log VALUES
        ('00000000-0000-4000-8000-000000000001', 'ARTHALL', 11, 'CREATED', 'ADMIN', 'a0000000-0000-4000-8000-000000000001', '2025-12-01 09:00:00'),
        ('00000000-0000-4000-8000-000000000002', 'STAGE', 9007199254740993, 'CASCADE_DELETED', 'SYSTEM', NULL, '2025-12-01 09:00:00.1');
    INSERT INTO log_service.p_auth_log VALUES
        ('00000000-0000-4000-8000-000000000003', 'LOGIN', 'CUSTOMER', 'a0000000-0000-4000-8000-000000000002', '2025-12-02 10:02:40.123457');
    INSERT INTO log_service.p_payment_log VALUES
        ('00000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000001', 'TOSS_CARD', 2, 'CONFIRM', 'CUSTOMER', 'a0000000-0000-4000-8000-000000000002', '2025-12-31 23:59:59.999999'),
        ('00000000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000001', NULL, 0, 'REFUND', 'SYSTEM', NULL, '2026-01-01 00:00:00');
    INSERT INTO log_service.p_product_log VALUES
        ('00000000-0000-4000-8000-000000000006', 12, 'SALE_STARTED', 'SELLER', 'a0000000-0000-4000-8000-000000000003', '1999-12-31 23:59:59.5');
    INSERT INTO log_service.p_reservation_log VALUES
        ('00000000-0000-4000-8000-000000000007', 'c0000000-0000-4000-8000-000000000001', 'R20251206-000017', 'CONFIRMED', 'CUSTOMER', 'a0000000-0000-4000-8000-000000000002', '2025-12-06 11:00:29'),
        ('00000000-0000-4000-8000-000000000008', 'c0000000-0000-4000-8000-000000000002', NULL, 'EXPIRED', 'SYSTEM', NULL, '2025-12-06 11:00:30');
    INSERT INTO log_service.p_reservation_seat_log VALUES
        ('00000000-0000-4000-8000-000000000009', 90011, '1층 A구역 3열 12번', '좌석선점', 'CUSTOMER', 'a0000000-0000-4000-8000-000000000002', '2025-12-06 11:00:20.02');
    INSERT INTO log_service.p_ticket_log VALUES
        ('00000000-0000-4000-8000-000000000010', 'd0000000-0000-4000-8000-000000000001', 'MOBILE', 'ISSUED', 'SYSTEM', NULL, '2025-12-06 11:01:00'),
        ('00000000-0000-4000-8000-000000000011', 'd0000000-0000-4000-8000-000000000001', NULL, 'USED', 'ADMIN', 'a0000000-0000-4000-8000-000000000001', '2025-12-24 19:00:00');
    INSERT INTO log_service.p_user_log VALUES
        ('00000000-0000-4000-8000-000000000012', 'a0000000-0000-4000-8000-000000000002', 'CUSTOMER_CREATED', 'SYSTEM', NULL, '2025-12-01 08:00:00.000001');";

#[tokio::test]
async fn every_table_comes_along_with_all_that_it_has() {
    let original = Original::new();
    original.run(ROWS);
    for place in places() {
        let output = import(&place, &original, &[]);
        assert_eq!(whole(&output, "p_payment_log"), [2, 2, 0, 0, 0, 0, 0]);
        let kept = everything(&place).into_iter().map(|mut entry| {
            let given_by_database = entry.as_object_mut().unwrap();
            assert!(
                given_by_database.remove("seq").is_some()
                    && given_by_database.remove("recorded_at").is_some()
            );
            entry.to_string()
        });
        insta::assert_snapshot!("imported", kept.collect::<Vec<_>>().join("\n"));
    }
}

#[tokio::test]
async fn a_second_run_finds_everything_there_and_changes_nothing() {
    let original = Original::new();
    original.run(ROWS);
    for place in places() {
        assert!(import(&place, &original, &[]).status.success());
        let before = everything(&place);
        let again = import(&place, &original, &[]);
        assert_eq!(whole(&again, "p_payment_log"), [2, 0, 2, 0, 0, 0, 0]);
        assert_eq!(everything(&place), before, "with the same seq and recorded_at");
    }
}

#[tokio::test]
async fn what_has_come_since_is_added() {
    let original = Original::new();
    original.add_payments(1, 1500);
    for (place, first) in places().into_iter().zip([2001, 3001]) {
        let there = import(&place, &original, &["--domain", "payment"]);
        let [read, new, ..] = whole(&there, "p_payment_log");
        assert_eq!(read, new);
        original.add_payments(first, 10);
        let again = import(&place, &original, &["--domain", "payment"]);
        assert_eq!(whole(&again, "p_payment_log"), [read + 10, 10, read, 0, 0, 0, 0]);
    }
}

#[tokio::test]
async fn rows_that_are_there_twice_are_one_event() {
    let original = Original::new();
    for number in [1, 1, 1, 2] {
        original.add_payment(number, "TOSS_CARD", "2025-12-06 11:00:29");
    }
    for place in places() {
        assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log"), [4, 2, 0, 2, 0, 0, 0]);
    }
}

#[tokio::test]
async fn an_id_at_another_time_is_a_conflict_as_it_is_of_messages() {
    let original = Original::new();
    for time in ["2025-10-06 11:00:29", "2025-10-06 11:00:30", "2025-11-06 11:00:29", "2026-01-06 11:00:29"] {
        original.add_payment(1, "TOSS_CARD", time);
    }
    for place in places() {
        // The last one is beyond the reach of the first.
        for expected in [[4, 2, 0, 0, 2, 0, 0], [4, 0, 2, 0, 2, 0, 0]] {
            let output = import(&place, &original, &[]);
            assert_eq!(not_whole(&output, "p_payment_log"), (expected, false));
            let told = format!("id {} at 2025-11-06T11:00:29+00:00: our table has something else", id(1));
            assert!(stderr(&output).contains(&told), "{}", stderr(&output));
        }
        assert_eq!(place.count("p_payment_log").await, 2);
    }
}

#[tokio::test]
async fn of_two_versions_the_first_is_kept_and_the_other_told() {
    let original = Original::new();
    for method in ["TOSS_CARD", "KAKAO_PAY", "TOSS_CARD"] {
        original.add_payment(1, method, "2025-12-06 11:00:29");
    }
    original.add_payment(2, "TOSS_CARD", "2025-12-06 11:00:29");
    for place in places() {
        for expected in [[4, 2, 0, 1, 1, 0, 0], [4, 0, 2, 1, 1, 0, 0]] {
            let output = import(&place, &original, &[]);
            assert_eq!(not_whole(&output, "p_payment_log"), (expected, true));
            let told = format!(
                "p_payment_log: id {} at 2025-12-06T11:00:29+00:00: our table has something else",
                id(1)
            );
            assert!(stderr(&output).contains(&told), "{}", stderr(&output));
        }
        let methods: Vec<_> =
            everything(&place).iter().map(|entry| entry["details"]["method"].clone()).collect();
        assert_eq!(methods, ["TOSS_CARD", "TOSS_CARD"]);
    }
}

#[tokio::test]
async fn rows_that_no_event_can_be_made_of_are_told_and_the_others_stored() {
    let original = Original::new();
    original
        .run("ALTER TABLE log_service.p_payment_log ALTER id DROP NOT NULL, ALTER action_type DROP NOT NULL");
    for number in 1..=4 {
        original.add_payment(number, "TOSS_CARD", "2025-12-06 11:00:29");
    }
    original.run(&format!("UPDATE log_service.p_payment_log SET id = NULL WHERE id = '{}'", id(1)));
    original.run(&format!("UPDATE log_service.p_payment_log SET action_type = NULL WHERE id = '{}'", id(2)));
    original.run(&format!(
        "UPDATE log_service.p_payment_log SET occurred_at = 'infinity' WHERE id = '{}'",
        id(3)
    ));
    for place in places() {
        let output = import(&place, &original, &[]);
        assert_eq!(not_whole(&output, "p_payment_log"), ([4, 1, 0, 0, 0, 3, 0], true));
        for told in [
            "p_payment_log: id null at 2025-12-06T11:00:29: no event can be made of it (missing_field: eventId)".to_owned(),
            format!("id {} at 2025-12-06T11:00:29: no event can be made of it (missing_field: actionType)", id(2)),
            format!("id {} at infinity: no event can be made of it (invalid_field: occurredAt)", id(3)),
        ] {
            assert!(stderr(&output).contains(&told), "{told}\n{}", stderr(&output));
        }
    }
}

#[tokio::test]
async fn troubles_are_counted_all_and_told_in_part() {
    let original = Original::new();
    original.run("ALTER TABLE log_service.p_payment_log ALTER actor_type DROP NOT NULL");
    original.add_payments(1, 300);
    original.run("UPDATE log_service.p_payment_log SET actor_type = NULL");
    let [place, _] = places();
    let output = import(&place, &original, &["--domain", "payment"]);
    assert_eq!(not_whole(&output, "p_payment_log"), ([300, 0, 0, 0, 0, 300, 0], true));
    assert_eq!(stderr(&output).matches("no event can be made of it").count(), 20);
    assert!(stderr(&output).contains("p_payment_log: 300 such rows in all"));
}

#[tokio::test]
async fn columns_that_nobody_knows_are_kept_in_extra() {
    let original = Original::new();
    original.run(
        "ALTER TABLE log_service.p_payment_log
            ADD amount NUMERIC, ADD created_at TIMESTAMPTZ, ADD details JSONB, ADD \"artHall\" TEXT",
    );
    original.add_payment(1, "TOSS_CARD", "2025-12-06 11:00:29");
    original.run(
        "UPDATE log_service.p_payment_log SET amount = 12345678901234567890.50,
            details = '{\"b\": [1.0, null], \"a\": \"좌석\"}', \"artHall\" = '예술의전당'",
    );
    for place in places() {
        for expected in [[1, 1, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0, 0]] {
            assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log"), expected);
        }
        let extra = everything(&place)[0]["extra"].clone();
        assert_eq!(extra["amount"].to_string(), "12345678901234567890.50");
        assert_eq!(extra["details"], json!({"a": "좌석", "b": [1.0, null]}));
        assert_eq!(extra["artHall"], "예술의전당");
        assert_eq!(extra.get("created_at"), None);
    }
}

#[tokio::test]
async fn times_are_read_in_the_zone_of_the_option_or_of_the_configuration() {
    let original = Original::new();
    original.add_payment(1, "TOSS_CARD", "2025-12-06 11:00:29");
    let time = |entries: &[Value]| entries[0]["occurred_at"].clone();
    let [with_option, configured] = places();
    whole(&import(&with_option, &original, &["--time-zone", "Asia/Seoul"]), "p_payment_log");
    assert_eq!(time(&everything(&with_option)), "2025-12-06T02:00:29Z");

    let mut command = import_command(&configured, &original, &[]);
    command.env("LOG_SERVICE__INGEST__NAIVE_TIME_ZONES", "{ payment = \"America/New_York\" }");
    whole(&command.output().unwrap(), "p_payment_log");
    assert_eq!(time(&everything(&configured)), "2025-12-06T16:00:29Z");
}

#[tokio::test]
async fn the_role_of_the_page_may_do_what_is_needed_and_not_more() {
    let original = Original::new();
    original.add_payments(1, 10);
    // Roles belong to the server, which other tests share.
    let role = unique_name();
    original.run(&sql_of_page("CREATE ROLE log_import").replace("log_import", &role));
    let url = original.url.replace("postgres@", &format!("{role}@"));
    let [place, _] = places();
    let output = place.command(&["import", "--from", &url]).env("PGPASSWORD", "…").output().unwrap();
    assert_eq!(whole(&output, "p_payment_log"), [10, 10, 0, 0, 0, 0, 0]);
    let may = |right: &str| {
        POSTGRESQL.psql_in(
            url.rsplit('/').next().unwrap(),
            &format!("SELECT has_table_privilege('{role}', 'log_service.p_payment_log', '{right}')"),
        )
    };
    assert_eq!((may("SELECT").trim(), may("INSERT").trim(), may("DELETE").trim()), ("t", "f", "f"));
}
