//! What lands on disks is for its owner alone, and nowhere else than where it was to go.

use std::{
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Output,
};

use crate::{
    dead_letters::wait_for,
    fixture::{Fixture, PAYMENT, payment},
    reading::events,
};

/// What everybody could read and write.
const OPEN: u32 = 0o666;

fn rights(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(OPEN)).unwrap();
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn run(place: &Fixture, args: &[&str]) -> Output {
    place.command(args).output().unwrap()
}

#[tokio::test]
async fn the_files_of_sqlite_are_for_their_owner_alone_also_if_they_were_not() {
    let place = Fixture::sqlite();
    let file = |suffix: &str| place.folder().join(format!("log.db{suffix}"));
    let files = [file(""), file("-wal"), file("-shm")];
    let service = place.serve();
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    assert_eq!(files.each_ref().map(|path| rights(path)), [0o600; 3]);

    for path in &files {
        open_to_all(path);
    }
    assert!(run(&place, &["search"]).status.success());
    assert_eq!(files.each_ref().map(|path| rights(path)), [0o600; 3]);
    drop(service);
    open_to_all(&files[0]);
    let service = place.serve();
    service.wait_for_log("now it is for its owner alone", 1);
    assert_eq!(rights(&files[0]), 0o600);
}

#[test]
fn a_database_that_is_a_link_is_refused() {
    let place = Fixture::sqlite();
    let target = place.folder().join("target");
    symlink(&target, place.folder().join("log.db")).unwrap();
    for args in [&["migrate", "up"][..], &["serve"], &["search"]] {
        let output = run(&place, args);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            said(&output).contains("log.db") && said(&output).contains("symbolic link"),
            "{}",
            said(&output)
        );
    }
    assert!(!target.exists());
}

#[test]
fn a_start_that_fails_leaves_no_database_behind() {
    let place = Fixture::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (name, value, status, told) in [
        ("LOG_SERVICE__WEB__BIND", taken.as_str(), 1, "can't listen"),
        ("LOG_SERVICE__WEB__BIND", "0.0.0.0:0", 78, "nothing says who may read"),
        ("LOG_SERVICE__WEB__TOKENS_FILE", "/nowhere/tokens.toml", 78, "/nowhere/tokens.toml"),
    ] {
        let output = place.command(&["serve"]).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(said(&output).contains(told), "{}", said(&output));
    }
    for args in [&["search"][..], &["domains"], &["tail"]] {
        assert!(said(&run(&place, args)).contains("log-service migrate up"), "{args:?}");
    }
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_export_is_for_its_owner_alone_and_goes_where_no_link_leads() {
    let place = Fixture::sqlite();
    place.prepare();
    events::store(&place, 1).await;
    place.publish(&[place.message(PAYMENT, "no JSON")]).await;
    let service = place.serve();
    wait_for(&place, PAYMENT, 1).await;
    service.stop().expect_success();

    let (file, link) = (place.folder().join("file"), place.folder().join("link"));
    let export = |path: &Path| {
        run(
            &place,
            &["export", "--format", "csv", "--from", "2025-12-01", "--output", path.to_str().unwrap()],
        )
    };
    let export_letters = |path: &Path| run(&place, &["dead-letters", "export", path.to_str().unwrap()]);
    let ways: [&dyn Fn(&Path) -> Output; 2] = [&export, &export_letters];
    for way in ways {
        assert!(way(&file).status.success());
        assert_eq!(rights(&file), 0o600);
        fs::write(&file, "before").unwrap();
        open_to_all(&file);
        assert!(way(&file).status.success());
        assert_eq!(rights(&file), 0o600);

        fs::write(&file, "before").unwrap();
        for target in [&file, &place.folder().join("nowhere")] {
            symlink(target, &link).unwrap();
            let output = way(&link);
            assert_eq!(output.status.code(), Some(1));
            assert!(said(&output).contains("symbolic link"), "{}", said(&output));
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "before");
        assert!(!place.folder().join("nowhere").exists());
        for device in ["/dev/stdout", "/dev/null"] {
            let output = way(device.as_ref());
            assert_eq!(output.status.code(), Some(1));
            assert!(said(&output).contains("where standard output is meant, pipe it"), "{}", said(&output));
        }
    }
}

#[test]
fn a_file_of_tokens_that_others_can_read_is_refused_and_the_service_warns() {
    let place = Fixture::sqlite();
    let file = place.folder().join("tokens.toml");
    let path = file.to_str().unwrap();
    let new = |name| run(&place, &["token", "new", "--name", name, "--role", "ops", "--file", path]);
    assert!(new("one").status.success());
    assert_eq!(rights(&file), 0o600);
    let before = fs::read_to_string(&file).unwrap();
    for open in [0o640, 0o644, OPEN] {
        fs::set_permissions(&file, Permissions::from_mode(open)).unwrap();
        let output = new("two");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
        let told = said(&output);
        assert!(told.contains(&format!("{open:o}")) && told.contains("chmod 600"), "{told}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    let service = place.serve_with(&[("LOG_SERVICE__WEB__TOKENS_FILE", path)]);
    service.wait_for_log("others can read or change the file of API tokens", 1);
}
