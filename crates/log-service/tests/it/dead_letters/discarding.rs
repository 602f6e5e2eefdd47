//! Taking dead letters away: they are in a file before they are gone.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::json;

use super::{
    rejected::{AUTH, failed_login, lay, reject},
    run, said, stderr, wait_for,
};
use crate::{
    fixture::{Fixture, PAYMENT, payment},
    reading::objects,
};

#[tokio::test]
async fn what_is_chosen_is_kept_in_a_file_and_removed() {
    let place = Fixture::sqlite();
    place.prepare();
    let login = failed_login();
    reject(&place, AUTH, std::slice::from_ref(&login)).await;
    lay(&place, PAYMENT, &[payment(), payment()]).await;
    wait_for(&place, PAYMENT, 2).await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("discarded.ndjson");
    let args = ["discard", "--reason", "rejected", "--to", file.to_str().unwrap(), "--yes"];
    assert!(said(&place, &args).contains("1 discarded"));
    wait_for(&place, AUTH, 0).await;
    wait_for(&place, PAYMENT, 2).await;
    let [kept] = &objects(&fs::read_to_string(&file).unwrap())[..] else { panic!("one line") };
    assert_eq!(kept["body"], login);
    assert_eq!(kept["dead_letter"]["reason"], "rejected");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn where_nothing_can_be_kept_nothing_is_removed() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[payment()]).await;
    wait_for(&place, PAYMENT, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there");
    fs::write(&there, "something else").unwrap();
    for file in [&there, &folder.path().join("no/such/folder"), &"/dev/full/x".into()] {
        let output = run(&place, &["discard", "--all", "--to", file.to_str().unwrap(), "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(file.to_str().unwrap()), "{}", stderr(&output));
        wait_for(&place, PAYMENT, 1).await;
    }
    assert_eq!(fs::read_to_string(&there).unwrap(), "something else");
}

#[tokio::test]
async fn where_nothing_is_discarded_no_file_is_made() {
    let place = Fixture::sqlite();
    place.prepare();
    lay(&place, PAYMENT, &[json!("a")]).await;
    wait_for(&place, PAYMENT, 1).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("discarded.ndjson");
    let args = ["discard", "--domain", "user", "--to", file.to_str().unwrap(), "--yes"];
    assert!(said(&place, &args).contains("0 discarded"));
    assert!(!file.exists());
}
