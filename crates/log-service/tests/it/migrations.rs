//! The schema's versions.

use std::{fs, path::Path, process::Stdio};

use sea_orm::ConnectionTrait;

use crate::fixture::Fixture;

/// How many versions there are: each is a file of its own.
fn versions() -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migration/src");
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("m2")).count()
}

#[tokio::test]
async fn three_processes_may_migrate_at_once() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let mut up = place.command(&["migrate", "up"]);
        let up = up.stdout(Stdio::piped()).stderr(Stdio::piped());
        let processes: Vec<_> = (0..3).map(|_| up.spawn().unwrap()).collect();
        let mut added = 0;
        for process in processes {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            added += String::from_utf8_lossy(&output.stdout).matches("added ").count();
        }
        assert_eq!(added, versions());
    }
}

#[tokio::test]
async fn status_shows_what_is_pending_and_changes_nothing() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let status = |place: &Fixture| {
            let output = place.command(&["migrate", "status"]).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(status(&place).matches("pending").count(), versions());
        assert_eq!(status(&place).matches("pending").count(), versions());
        assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
        assert_eq!(status(&place).matches("applied").count(), versions());
    }
}

#[tokio::test]
async fn an_older_program_leaves_a_newer_schema_alone() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
        let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_000001_from_the_future', 0)";
        place.db().await.execute_unprepared(newer).await.unwrap();
        for command in [["serve"].as_slice(), &["migrate", "up"], &["migrate", "status"]] {
            let output = place.command(command).output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(message.contains("m20990101_000001_from_the_future"), "{message}");
            assert!(message.contains("migrated by a newer log-service"), "{message}");
        }
    }
}

#[tokio::test]
async fn the_schema_of_the_configuration_is_made_and_used() {
    let place = Fixture::postgresql();
    let mut up = place.command(&["migrate", "up"]);
    assert!(up.env("LOG_SERVICE__DATABASE__SCHEMA", "My \"Log\"").output().unwrap().status.success());
    assert_eq!(place.count("\"My \"\"Log\"\"\".p_payment_log").await, 0);
}

#[tokio::test]
async fn a_service_that_may_not_migrate_says_what_is_missing() {
    let place = Fixture::sqlite();
    let mut serve = place.command(&["serve"]);
    let output = serve.env("LOG_SERVICE__DATABASE__MIGRATE_AT_START", "false").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("log-service migrate up"), "{message}");
}
