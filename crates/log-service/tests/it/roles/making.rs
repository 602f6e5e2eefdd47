//! Making the roles, on a new database and on one that has a log.

use std::io::Write;
use std::process::Stdio;

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{Site, quoted, said, stderr};
use crate::fixture::{Fixture, POSTGRESQL, count, eventually, payment, payment_with, unique_name};

/// Whose everything in the schema is.
fn owners(site: &Site) -> Vec<String> {
    let owners = site.as_superuser(
        "SELECT DISTINCT pg_get_userbyid(owner) FROM (
            SELECT relowner FROM pg_class WHERE relnamespace = 'audit'::regnamespace
            UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'audit'::regnamespace
            UNION ALL SELECT nspowner FROM pg_namespace WHERE nspname = 'audit'
        ) AS all_of_it (owner)",
    );
    owners.lines().map(str::to_owned).collect()
}

/// Stores an event of a month that has its partition, one of a month that has none, and reads both.
async fn stores_and_reads(site: &Site) {
    let before = site.place.count("p_payment_log").await;
    let service = site.serve(&[("LOG_SERVICE__DATABASE__POWERFUL_ROLE", "refuse")]);
    let now = chrono::Utc::now().to_rfc3339();
    let times = [now.as_str(), "2021-05-07T00:00:00Z"];
    let bodies = times.map(|time| payment_with(json!({"occurredAt": time})));
    site.place.publish_payments(&bodies).await;
    site.place.wait_for_rows("p_payment_log", before + 2).await;
    service.stop().expect_success();
    // It looks at the sequences as well, and is recorded.
    eventually("both to be followed", async || {
        let tail = said(&mut site.command(&site.writer, &["tail", "--since", "start", "--format", "ndjson"]));
        tail.lines().count() >= 2
    })
    .await;
    assert!(site.place.count("p_access_log").await > 0);
    let reader = site.connect_as(&site.reader).await;
    assert_eq!(count(&reader, "p_payment_log").await, before + 2);
    assert_eq!(
        count(&reader, "log_partitions('p_payment_log')").await,
        site.place.count("log_partitions('p_payment_log')").await
    );
}

#[tokio::test]
async fn on_a_new_database_the_owner_migrates_and_the_writer_runs() {
    let site = Site::new();
    assert_eq!(owners(&site), [site.owner.as_str()]);
    stores_and_reads(&site).await;
    assert_eq!(owners(&site), [site.owner.as_str()]);
    let check = said(&mut site.command(&site.writer, &["migrate", "roles", "--check"]));
    assert!(check.contains("change nothing in it"), "{check}");
}

#[tokio::test]
async fn of_a_log_that_one_role_owns_everything_becomes_the_owners() {
    let mut site = Site::without_roles();
    let single = format!("single_{}", unique_name());
    POSTGRESQL.psql(&format!("CREATE ROLE {single} LOGIN"));
    POSTGRESQL.psql(&format!("ALTER DATABASE {} OWNER TO {single}", site.database()));
    // It goes on as the writer, with the password that it has.
    site.writer.clone_from(&single);
    let service = site.place.serve_with(&[("DB_USERNAME", &single)]);
    site.place
        .publish_payments(&[payment(), payment_with(json!({"occurredAt": "2022-02-02T00:00:00Z"}))])
        .await;
    site.place.wait_for_rows("p_payment_log", 2).await;
    site.as_superuser("ALTER TABLE p_payment_log DETACH PARTITION p_payment_log_2022_02");
    assert_eq!(owners(&site), [single.as_str()]);

    // While the service runs, and again.
    site.apply("postgres");
    let rights =
        "SELECT relname, relacl FROM pg_class WHERE relnamespace = 'audit'::regnamespace ORDER BY relname";
    let once = site.as_superuser(rights);
    site.apply("postgres");
    assert_eq!(site.as_superuser(rights), once);
    assert_eq!(owners(&site), [site.owner.as_str()]);
    let of_database = site
        .as_superuser("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()");
    assert_eq!(of_database.trim(), site.owner);
    site.place.publish_payments(&[payment()]).await;
    site.place.wait_for_rows("p_payment_log", 2).await;
    service.stop().expect_success();
    stores_and_reads(&site).await;
}

#[tokio::test]
async fn an_administrator_who_is_no_superuser_can_make_them() {
    let site = Site::without_roles();
    let admin = format!("admin_{}", unique_name());
    POSTGRESQL.psql(&format!("CREATE ROLE {admin} LOGIN CREATEROLE CREATEDB"));
    POSTGRESQL.psql(&format!("ALTER DATABASE {} OWNER TO {admin}", site.database()));
    said(site.place.command(&["migrate", "up"]).env("DB_USERNAME", &admin));
    site.apply(&admin);
    site.apply(&admin);
    assert_eq!(owners(&site), [site.owner.as_str()]);
    let is_member = format!(
        "SELECT pg_has_role('{admin}', roles.oid, 'MEMBER') FROM pg_roles AS roles WHERE rolname = $r${}$r$",
        site.owner
    );
    assert_eq!(site.as_superuser(&is_member).trim(), "f");
    stores_and_reads(&site).await;
}

#[tokio::test]
async fn who_may_not_make_roles_is_told_who_may() {
    let site = Site::without_roles();
    let nobody = format!("nobody_{}", unique_name());
    POSTGRESQL.psql(&format!("CREATE ROLE {nobody} LOGIN"));
    let output = site.command(&nobody, &site.roles(&["--apply"])).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("CREATEROLE"), "{}", stderr(&output));
}

#[tokio::test]
async fn what_is_printed_does_the_same_in_psql_and_has_no_password() {
    let site = Site::without_roles();
    let script = said(site.command("postgres", &site.roles(&[])).env("DB_PASSWORD", "not-to-be-shown"));
    assert!(!script.contains("not-to-be-shown"));
    let mut psql = std::process::Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", &site.place.url])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(psql.wait().unwrap().success());
    said(&mut site.command(&site.owner, &["migrate", "up"]));
    stores_and_reads(&site).await;
}

#[tokio::test]
async fn a_table_that_a_later_version_adds_has_its_rights() {
    let site = Site::new();
    let owner = site.connect_as(&site.owner).await;
    owner
        .execute_unprepared("CREATE TABLE p_later_log (id uuid); CREATE SEQUENCE p_later_log_seq")
        .await
        .unwrap();
    for (role, expected) in [(&site.writer, "ttff"), (&site.reader, "tfff")] {
        let rights = ["SELECT", "INSERT", "UPDATE", "DELETE"]
            .map(|right| format!("has_table_privilege($r${role}$r$, 'p_later_log', '{right}')"));
        let found = site.as_superuser(&format!("SELECT {}", rights.join(", ")));
        assert_eq!(found.trim().replace('|', ""), expected, "{role}");
    }
    let may_add = format!("SELECT has_table_privilege($r${}$r$, 'seaql_migrations', 'INSERT')", site.writer);
    assert_eq!(site.as_superuser(&may_add).trim(), "f");
}

#[tokio::test]
async fn a_role_that_was_the_owners_member_is_one_no_more() {
    let site = Site::new();
    site.as_superuser(&format!("GRANT {} TO {}", quoted(&site.owner), quoted(&site.writer)));
    site.apply("postgres");
    let check = said(&mut site.command(&site.writer, &["migrate", "roles", "--check"]));
    assert!(check.contains("change nothing in it"), "{check}");
}

#[test]
fn sqlite_has_no_roles_and_says_so() {
    let place = Fixture::sqlite();
    for args in
        [["migrate", "roles"].as_slice(), &["migrate", "roles", "--apply"], &["migrate", "roles", "--check"]]
    {
        let output = place.command(args).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("SQLite has no roles"), "{}", stderr(&output));
    }
    let output =
        place.command(&["serve"]).env("LOG_SERVICE__DATABASE__POWERFUL_ROLE", "refuse").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(stderr(&output).contains("SQLite has no roles"), "{}", stderr(&output));
}

#[test]
fn a_name_that_can_be_no_role_is_refused() {
    let place = Fixture::postgresql();
    for wrong in [
        ["--writer", "log_owner"].as_slice(),
        &["--reader", "log_writer"],
        &["--owner", ""],
        &["--owner", "pg_read_all_data"],
        &["--owner", "public"],
        &["--owner", "a\u{1b}[2J"],
        &["--owner", "an_owner_whose_name_is_longer_than_postgresql_keeps_of_names_of_roles"],
    ] {
        let args = [&["migrate", "roles"], wrong].concat();
        let output = place.command(&args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}
