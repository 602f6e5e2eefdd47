//! What can't be imported from.

use super::{Original, import, places, stderr};
use crate::fixture::Fixture;

#[tokio::test]
async fn a_wrong_schema_is_named_with_the_right_one() {
    let original = Original::new();
    let [place, _] = places();
    let output = import(&place, &original, &["--schema", "public", "--domain", "payment"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "the original's database has no table public.p_payment_log that we may read; schemas that have one like it: log_service";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
}

#[tokio::test]
async fn a_missing_table_is_named_and_the_others_can_be_chosen() {
    let original = Original::new();
    original.run("DROP TABLE log_service.p_auth_log, log_service.p_user_log");
    let [place, _] = places();
    let output = import(&place, &original, &[]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "no table log_service.p_auth_log, log_service.p_user_log that we may read; schemas that have one like it: none";
    assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    assert!(import(&place, &original, &["--domain", "payment", "--domain", "ticket"]).status.success());
}

#[tokio::test]
async fn our_own_tables_are_not_taken_for_the_originals() {
    let [_, place] = places();
    let output = place.command(&["import", "--from", &place.url, "--schema", "audit"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("is a table of this service, not of the original"),
        "{}",
        stderr(&output)
    );
}

#[tokio::test]
async fn no_error_repeats_a_password() {
    let place = Fixture::sqlite();
    for (url, status) in [
        ("postgres://u:geheim@127.0.0.1:notaport/d", 2),
        ("mysql://u:geheim@h/d", 2),
        ("sqlite://geheim.db", 2),
        ("postgres://u:geheim@127.0.0.1:1/d", 1),
        ("jdbc:postgresql://127.0.0.1:1/d?user=u&password=geheim", 1),
    ] {
        let output = place.command(&["import", "--from", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{url}: {}", stderr(&output));
        assert!(!stderr(&output).contains("geheim"), "{}", stderr(&output));
    }
}

#[tokio::test]
async fn a_database_without_our_tables_says_what_to_do() {
    let original = Original::new();
    let output = import(&Fixture::postgresql(), &original, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("log-service migrate up"), "{}", stderr(&output));
}
