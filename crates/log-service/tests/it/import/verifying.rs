//! What the comparison finds.

use sea_orm::ConnectionTrait;

use super::{
    import, not_whole,
    original::{Original, id},
    places, stderr, whole,
};
use crate::fixture::Fixture;

/// Does to our table what nobody may.
async fn tamper(place: &Fixture, statement: &str) {
    let db = place.db().await;
    let off: &[_] = if place.url.starts_with("sqlite") {
        &["DROP TRIGGER p_payment_log_no_update", "DROP TRIGGER p_payment_log_no_delete"]
    } else {
        &[
            "ALTER TABLE p_payment_log DISABLE TRIGGER ALL",
            "ALTER TABLE p_payment_log_2025_11 DISABLE TRIGGER ALL",
        ]
    };
    for sql in off {
        db.execute_unprepared(sql).await.unwrap();
    }
    assert_eq!(db.execute_unprepared(statement).await.unwrap().rows_affected(), 1, "{statement}");
}

#[tokio::test]
async fn a_changed_and_a_removed_row_are_found() {
    let original = Original::new();
    original.add_payments(1, 1200);
    for place in places() {
        assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log")[1], 1200);
        let row = |seq: u32| format!("WHERE seq = (SELECT min(seq) + {seq} FROM p_payment_log)");
        let verify = || import(&place, &original, &["--verify-only"]);

        tamper(&place, &format!("UPDATE p_payment_log SET actor_id = NULL {}", row(6))).await;
        let output = verify();
        assert_eq!(not_whole(&output, "p_payment_log"), ([1200, 0, 1199, 0, 1, 0, 0], false));
        assert!(stderr(&output).contains(&id(7)), "{}", stderr(&output));

        tamper_freely(&place, &format!("DELETE FROM p_payment_log {}", row(6))).await;
        let output = verify();
        assert_eq!(not_whole(&output, "p_payment_log"), ([1200, 0, 1199, 0, 0, 0, 1], false));
        assert!(stderr(&output).contains("our table has nothing under this id"));
        assert_eq!(place.count("p_payment_log").await, 1199, "to verify stores nothing");

        assert_eq!(whole(&import(&place, &original, &[]), "p_payment_log"), [1200, 1, 1199, 0, 0, 0, 0]);
    }
}

/// Once more, where nothing keeps anybody from it any longer.
async fn tamper_freely(place: &Fixture, statement: &str) {
    let changed = place.db().await.execute_unprepared(statement).await.unwrap();
    assert_eq!(changed.rows_affected(), 1, "{statement}");
}
