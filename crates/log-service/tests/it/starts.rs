//! Starts that can't go well: what is only away is waited for, and everything else names its cause and what to do.

use std::process::Output;

use sea_orm::ConnectionTrait;
use test_servers::{PostgreSql, Running};

use crate::{
    fixture::{Fixture, POSTGRESQL, RABBITMQ, eventually, payment, unique_name},
    web::Site,
};

const MIGRATE_AT_START: &str = "LOG_SERVICE__DATABASE__MIGRATE_AT_START";

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a command says that fails.
fn refused(place: &Fixture, args: &[&str], variables: &[(&str, &str)]) -> String {
    let output = place.command(args).envs(variables.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    stderr(&output)
}

/// Whether it migrates or not, a start ends and says all of `told`.
fn no_start_without(told: &[&str], place: &Fixture, variables: &[(&str, &str)]) {
    for migrates in ["true", "false"] {
        let said = refused(place, &["serve"], &[variables, &[(MIGRATE_AT_START, migrates)]].concat());
        for told in told {
            assert!(said.contains(told), "migrate_at_start = {migrates}: {told:?} in {said}");
        }
    }
}

fn migrate_up(place: &Fixture) -> String {
    let output = place.command(&["migrate", "up"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A role that may log in, and no more.
fn new_role() -> String {
    let role = format!("role_{}", unique_name());
    POSTGRESQL.psql(&format!("CREATE ROLE {role} LOGIN"));
    role
}

fn database(place: &Fixture) -> &str {
    place.url.rsplit_once('/').unwrap().1
}

/// A role that owns the place's database, and can have so many connections.
fn owner(place: &Fixture, limit: u32) -> String {
    let role = new_role();
    POSTGRESQL.psql(&format!("ALTER DATABASE {} OWNER TO {role}", database(place)));
    POSTGRESQL.psql(&format!("ALTER ROLE {role} CONNECTION LIMIT {limit}"));
    role
}

#[tokio::test]
async fn a_server_without_a_connection_left_is_waited_for() {
    let place = Fixture::postgresql();
    let role = owner(&place, 0);
    let mut command = place.command(&["serve"]);
    command.env("DB_USERNAME", &role);
    let service = Running::start(command);
    service.wait_for_log("waiting for it", 1);
    POSTGRESQL.psql(&format!("ALTER ROLE {role} CONNECTION LIMIT 50"));
    service.wait_until_consuming();
}

#[tokio::test]
async fn without_a_connection_left_for_readers_events_are_stored() {
    let place = Fixture::postgresql();
    let role = owner(&place, 1);
    let site = Site::with(
        &place,
        &[
            ("DB_USERNAME", &role),
            ("LOG_SERVICE__DATABASE__MAX_CONNECTIONS", "1"),
            ("LOG_SERVICE__READING__TIMEOUT_SECONDS", "1"),
        ],
    );
    place.publish_payments(&[payment()]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    let question = "/api/v1/logs?domain=payment&from=2025-12-01&to=2026-01-01";
    assert_eq!(site.get(question).status, 503);

    POSTGRESQL.psql(&format!("ALTER ROLE {role} CONNECTION LIMIT 50"));
    eventually("an answer", async || site.get(question).status == 200).await;
}

#[tokio::test]
async fn a_database_in_another_encoding_than_utf8_is_refused() {
    for encoding in ["EUC_KR", "LATIN1", "SQL_ASCII"] {
        let mut place = Fixture::postgresql();
        let name = unique_name();
        POSTGRESQL
            .psql(&format!("CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'"));
        place.url = POSTGRESQL.url(&name);
        no_start_without(&[encoding, "ENCODING 'UTF8'", &name], &place, &[]);
        assert!(refused(&place, &["migrate", "up"], &[]).contains(encoding));
    }
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_with_what_grants_it() {
    for (sql, as_migrating, as_not) in [
        ("", "run CREATE SCHEMA audit AUTHORIZATION ROLE", "log-service migrate up"),
        (
            "CREATE SCHEMA audit",
            "run GRANT USAGE ON SCHEMA audit TO ROLE",
            "run GRANT USAGE ON SCHEMA audit TO ROLE",
        ),
        (
            "CREATE SCHEMA audit; GRANT USAGE ON SCHEMA audit TO ROLE",
            "GRANT CREATE ON SCHEMA audit TO ROLE",
            "log-service migrate up",
        ),
    ] {
        let (place, role) = (Fixture::postgresql(), new_role());
        POSTGRESQL.psql_in(database(&place), &sql.replace("ROLE", &role));
        for (migrates, told) in [("true", as_migrating), ("false", as_not)] {
            let said = refused(&place, &["serve"], &[("DB_USERNAME", &role), (MIGRATE_AT_START, migrates)]);
            assert!(said.contains(&told.replace("ROLE", &role)), "{said}");
        }
    }
}

#[tokio::test]
async fn the_versions_of_another_program_are_not_taken_for_a_newer_one() {
    let of_another =
        "CREATE TABLE SCHEMA.seaql_migrations (version varchar(255) PRIMARY KEY, applied_at bigint NOT NULL);
        INSERT INTO SCHEMA.seaql_migrations VALUES ('m20220101_000001_create_table', 0)";
    let of_another_shape = "CREATE TABLE SCHEMA.seaql_migrations (id int)";
    for sql in [of_another, of_another_shape] {
        let (file, server) = (Fixture::sqlite(), Fixture::postgresql());
        server.db().await.execute_unprepared("CREATE SCHEMA audit").await.unwrap();
        for (place, schema) in [(file, "main"), (server, "audit")] {
            place.db().await.execute_unprepared(&sql.replace("SCHEMA", schema)).await.unwrap();
            no_start_without(&["seaql_migrations", "another program", "database.schema"], &place, &[]);
            for command in ["up", "status"] {
                assert!(refused(&place, &["migrate", command], &[]).contains("another program"));
            }
        }
    }
}

#[tokio::test]
async fn a_schema_that_was_renamed_is_found_and_no_empty_log_is_begun() {
    let place = Fixture::postgresql();
    migrate_up(&place);
    POSTGRESQL.psql_in(database(&place), "ALTER SCHEMA audit RENAME TO \"Audit 2025\"");
    no_start_without(&["the schema audit has no log", "\"Audit 2025\"", "database.schema"], &place, &[]);
    POSTGRESQL.psql_in(database(&place), "CREATE SCHEMA audit");
    no_start_without(&["the schema audit has no log", "\"Audit 2025\"", "database.schema"], &place, &[]);
    let service = place.serve_with(&[("LOG_SERVICE__DATABASE__SCHEMA", "Audit 2025")]);
    service.stop().expect_success();
    // Whoever wants a second log says so.
    assert!(migrate_up(&place).contains("added "));
    place.prepare();
}

#[tokio::test]
async fn a_role_that_may_only_write_starts_where_nothing_is_to_be_migrated() {
    let (place, role) = (Fixture::postgresql(), new_role());
    migrate_up(&place);
    let rights = format!(
        "GRANT USAGE ON SCHEMA audit TO {role};
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA audit TO {role};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA audit TO {role}"
    );
    POSTGRESQL.psql_in(database(&place), &rights);
    let service = place.serve_with(&[("DB_USERNAME", &role)]);
    service.stop().expect_success();
}

#[tokio::test]
async fn postgresql_is_reached_over_ipv6() {
    let server = PostgreSql::start_with("listen_addresses = '127.0.0.1, ::1'");
    let mut place = Fixture::postgresql_on(&server);
    for url in [
        format!("postgres://postgres@[::1]:{}/{}", server.port(), database(&place)),
        format!("jdbc:postgresql://[::1]:{}/{}?user=postgres", server.port(), database(&place)),
    ] {
        let output = place.command(&["migrate", "up"]).env("DB_URL", &url).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    place.url = place.url.replace("127.0.0.1", "[::1]");
    let output = place.command(&["domains"]).env("DB_URL", &place.url).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

/// The driver would encrypt without a look at the certificate, or pass over what it does not know.
#[tokio::test]
async fn tls_is_never_weaker_than_the_url_says() {
    let server = PostgreSql::start_with_tls();
    let mut place = Fixture::postgresql_on(&server);
    let ca_of_another = RABBITMQ.ca_file();
    let address = place.url.strip_prefix("postgres://postgres@").unwrap().to_owned();
    for parameters in [
        "ssl=true".to_owned(),
        "sslmode=verify-ca".to_owned(),
        format!("sslmode=require&sslrootcert={}", ca_of_another.display()),
    ] {
        place.url = format!("jdbc:postgresql://{address}?user=postgres&{parameters}");
        no_start_without(&["certificate"], &place, &[]);
    }
    let mut place = Fixture::postgresql();
    place.url = format!("{}?ssl=true", place.url);
    no_start_without(&["does not support TLS"], &place, &[]);
}
