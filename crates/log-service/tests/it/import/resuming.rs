//! Ended in the middle, and run again.

use std::process::Stdio;

use test_servers::Running;

use super::{import, import_command, original::Original, places, whole};
use crate::fixture::eventually;

const ROWS: u32 = 20_000;

#[tokio::test]
async fn killed_in_the_middle_it_goes_on() {
    let original = Original::new();
    original.add_payments(1, ROWS);
    for place in places() {
        let mut command = import_command(&place, &original, &["--domain", "payment"]);
        let mut importing = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        eventually("the first rows", async || place.count("p_payment_log").await > 0).await;
        importing.kill().unwrap();
        assert!(!importing.wait().unwrap().success(), "it ended before it was killed");
        let before = u64::try_from(place.count("p_payment_log").await).unwrap();
        let all = u64::from(ROWS);
        assert!(before < all, "it had stored everything before it was killed");
        let output = import(&place, &original, &["--domain", "payment"]);
        assert_eq!(whole(&output, "p_payment_log"), [all, all - before, before, 0, 0, 0, 0]);
    }
}

#[tokio::test]
async fn ended_by_hand_it_says_how_to_go_on() {
    let original = Original::new();
    original.add_payments(1, ROWS);
    let [place, _] = places();
    let importing = Running::start(import_command(&place, &original, &["--domain", "payment"]));
    eventually("the first rows", async || place.count("p_payment_log").await > 0).await;
    importing.signal("INT");
    let ended = importing.wait();
    assert_eq!(ended.status.code(), Some(130));
    assert!(
        ended.logged("copied rows are kept; run the same command again to continue"),
        "{:#?}",
        ended.log()
    );
}

#[tokio::test]
async fn a_database_that_goes_away_ends_it_with_what_to_do() {
    let original = Original::new();
    original.add_payments(1, ROWS);
    let [place, _] = places();
    let importing = Running::start(import_command(&place, &original, &["--domain", "payment"]));
    eventually("the first rows", async || place.count("p_payment_log").await > 0).await;
    original.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    let ended = importing.wait();
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.logged("copied rows are kept"), "{:#?}", ended.log());
    assert!(ended.logged("log_service.p_payment_log of the original can't be read"), "{:#?}", ended.log());
    assert!(import(&place, &original, &["--domain", "payment"]).status.success());
}
