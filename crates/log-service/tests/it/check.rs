//! `log-service check` names what is missing, and changes nothing.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
    time::{Duration, Instant},
};

use lapin::{
    options::{QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use serde_json::Value;

use crate::fixture::{Fixture, PAYMENT, POSTGRESQL, RABBITMQ, unique_name};

const SECRET: &str = "s3cret-of-nobody";

fn run(mut command: Command) -> (Output, Vec<Value>) {
    let output = command.output().unwrap();
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let items = report["items"].as_array().unwrap().clone();
    let is_ok = items.iter().all(|item| item["status"] == "ok");
    assert_eq!(output.status.code(), Some(i32::from(!is_ok)), "{report:#}");
    for text in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(text).contains(SECRET), "{output:?}");
    }
    (output, items)
}

fn items(place: &Fixture, variables: &[(&str, &str)]) -> Vec<Value> {
    let mut command = place.command(&["check", "--format", "json"]);
    command.envs(variables.iter().copied());
    run(command).1
}

/// The items that are not ok: name and detail with remedy.
fn missing(items: &[Value]) -> Vec<(String, String)> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let missing = items.iter().filter(|item| item["status"] == "missing");
    missing
        .map(|item| (text(item, "name"), format!("{}; {}", text(item, "detail"), text(item, "remedy"))))
        .collect()
}

/// The only item that is missing is this one, and says all of that.
fn only_missing(items: &[Value], name: &str, said: &[&str]) {
    let missing = missing(items);
    let [(found, detail)] = missing.as_slice() else { panic!("{name} alone: {missing:#?}") };
    assert_eq!(found, name, "{detail}");
    for said in said {
        assert!(detail.contains(said), "{said:?} in {detail}");
    }
}

fn detail(items: &[Value], name: &str) -> String {
    let item =
        items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{name} in {items:#?}"));
    item["detail"].as_str().unwrap().to_owned()
}

fn queues(place: &Fixture) -> Vec<String> {
    let prefix = place.topology.exchange();
    let prefix = prefix.strip_suffix(".log").unwrap();
    let listed = RABBITMQ.ctl(&["list_queues", "--quiet", "name", "arguments", "messages"]);
    listed.lines().filter(|line| line.starts_with(prefix)).map(str::to_owned).collect()
}

#[tokio::test]
async fn before_the_first_start_the_schema_is_missing_and_nothing_is_made() {
    let place = Fixture::postgresql();
    let found = items(&place, &[]);
    only_missing(
        &found,
        "schema",
        &["lacks 12 of 12 versions", "run `log-service migrate up`", "migrate_at_start"],
    );
    for name in [
        format!("exchange {}", place.topology.exchange()),
        format!("exchange {}", place.topology.dead_letter_exchange()),
        format!("queue {}", place.topology.queue(PAYMENT)),
        format!("queue {}", place.topology.dead_letter_queue(PAYMENT)),
    ] {
        assert!(detail(&found, &name).contains("does not exist yet; the service declares it"), "{name}");
    }
    assert!(queues(&place).is_empty());
    let exchanges = RABBITMQ.ctl(&["list_exchanges", "--quiet", "name"]);
    assert!(!exchanges.contains(&place.topology.exchange()));
    let database = place.url.rsplit_once('/').unwrap().1;
    assert_eq!(
        POSTGRESQL.psql_in(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'audit'").trim(),
        "0"
    );
}

#[tokio::test]
async fn where_the_service_runs_nothing_is_missing_and_nothing_changes() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        let service = place.serve();
        assert_eq!(missing(&items(&place, &[])), []);
        service.stop().expect_success();
        let before = queues(&place);
        assert_eq!(before.len(), 16);
        let found = items(&place, &[]);
        assert_eq!(missing(&found), []);
        assert_eq!(queues(&place), before);
        assert_eq!(detail(&found, &format!("queue {}", place.topology.queue(PAYMENT))), "exists");
        let text = place.command(&["check"]).output().unwrap();
        assert!(text.status.success());
        let text = String::from_utf8(text.stdout).unwrap();
        assert!(text.lines().all(|line| line.starts_with("ok       ")), "{text}");
        assert_eq!(text.lines().count(), found.len());
    }
}

#[test]
fn a_configuration_that_cannot_be_used_is_reported_like_all_else() {
    let place = Fixture::sqlite();
    let found = items(&place, &[("LOG_SERVICE__INGEST__MAX_BATCH", "many"), ("RABBITMQ_PASSWORD", SECRET)]);
    only_missing(&found, "configuration", &["ingest.max_batch"]);
    let skipped = found.iter().filter(|item| item["status"] == "skipped");
    assert_eq!(skipped.map(|item| &item["name"]).collect::<Vec<_>>(), ["broker", "database"]);
}

#[test]
fn a_broker_that_is_away_or_refuses_the_user_is_named_with_what_to_look_at() {
    let place = Fixture::sqlite();
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    let check = |variables: &[(&str, &str)]| items(&place, variables);
    only_missing(&check(&[("RABBITMQ_PORT", "1")]), "broker", &["127.0.0.1:1", "rabbitmq.port"]);
    only_missing(&check(&[("RABBITMQ_PASSWORD", SECRET)]), "broker", &["rabbitmq.password"]);
    only_missing(&check(&[("LOG_SERVICE__RABBITMQ__VHOST", "nowhere")]), "broker", &["rabbitmq.vhost"]);
}

#[test]
fn a_database_that_is_away_or_refuses_the_user_is_named_with_what_to_look_at() {
    let place = Fixture::postgresql();
    let check = |url: &str| items(&place, &[("DB_URL", url)]);
    let at = |login: &str, port: u16, name: &str| format!("postgres://{login}@127.0.0.1:{port}/{name}");
    let port = POSTGRESQL.port();
    let nobody = format!("nobody:{SECRET}");
    for (url, said) in [
        (at(&nobody, 1, "log"), "database.url"),
        (at(&nobody, port, "postgres"), "database.username and database.password"),
        (at("postgres", port, "nowhere"), "create the database"),
    ] {
        only_missing(&check(&url), "database", &[said]);
    }
}

#[tokio::test]
async fn servers_that_never_answer_do_not_hold_it_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let place = Fixture::postgresql();
    let url = format!("postgres://postgres@127.0.0.1:{port}/log");
    let begun = Instant::now();
    let found = items(&place, &[("RABBITMQ_PORT", &port), ("DB_URL", &url)]);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    let names: Vec<_> = missing(&found).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["broker", "database"]);
}

#[tokio::test]
async fn a_half_migrated_schema_is_named_by_what_it_lacks() {
    for place in [Fixture::sqlite(), Fixture::postgresql()] {
        place.prepare();
        let db = place.db().await;
        sea_orm::ConnectionTrait::execute_unprepared(
            &db,
            "DELETE FROM seaql_migrations WHERE version = 'm20261127_000002_bounded_months'",
        )
        .await
        .unwrap();
        let found = items(&place, &[("LOG_SERVICE__DATABASE__MIGRATE_AT_START", "false")]);
        only_missing(&found, "schema", &["lacks 1 of 12 versions: m20261127_000002_bounded_months"]);
    }
}

#[tokio::test]
async fn rights_and_partitions_that_are_missing_are_named() {
    let place = Fixture::postgresql();
    place.prepare();
    let role = format!("role_{}", unique_name());
    let database = place.url.rsplit_once('/').unwrap().1;
    POSTGRESQL.psql_in(
        database,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA audit TO {role};
            GRANT SELECT ON ALL TABLES IN SCHEMA audit TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA audit TO {role};
            GRANT INSERT ON ALL TABLES IN SCHEMA audit TO {role}; REVOKE INSERT ON audit.p_payment_log FROM {role};
            DO $$ BEGIN EXECUTE 'DROP TABLE audit.p_user_log_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM'); END $$"
        ),
    );
    let found = items(&place, &[("DB_USERNAME", &role)]);
    let missing = missing(&found);
    let [(rights, lacks), (partitions, months)] = missing.as_slice() else { panic!("{missing:#?}") };
    assert_eq!((rights.as_str(), partitions.as_str()), ("rights", "partitions"));
    assert!(
        lacks.contains("GRANT INSERT ON p_payment_log") && lacks.contains("migrate roles --apply"),
        "{lacks}"
    );
    assert!(lacks.contains("GRANT EXECUTE ON FUNCTION ensure_log_partition"), "{lacks}");
    assert!(months.contains("missing: p_user_log_20"), "{months}");

    // Who may make it makes it at the start.
    let found = items(&place, &[]);
    assert_eq!(self::missing(&found), []);
    assert!(detail(&found, "partitions").contains("the service makes them when it starts"));
    let refused = items(&place, &[("LOG_SERVICE__DATABASE__POWERFUL_ROLE", "refuse")]);
    only_missing(&refused, "role", &["is a superuser"]);
}

#[tokio::test]
async fn an_sqlite_file_stays_as_it_is() {
    let place = Fixture::sqlite();
    only_missing(&items(&place, &[]), "database", &["log-service migrate up"]);
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 0);
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    let file = place.folder().join("log.db");
    let of_all = fs::Permissions::from_mode(0o644);
    fs::set_permissions(&file, of_all.clone()).unwrap();
    let (before, modified) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    assert_eq!(missing(&items(&place, &[])), []);
    let after = fs::metadata(&file).unwrap();
    assert_eq!((after.permissions().mode() & 0o777, after.modified().unwrap()), (0o644, modified));
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn queues_that_are_missing_or_lose_messages_are_named() {
    let place = Fixture::sqlite();
    place.prepare();
    let (queue, dead_letters) = (place.topology.queue(PAYMENT), place.topology.dead_letter_queue(PAYMENT));
    let connection = place.broker.connect().await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    for name in [&queue, &dead_letters] {
        channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    }
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(1000));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.as_str().into(), durable, arguments).await.unwrap();

    let before = queues(&place);
    let found = items(&place, &[]);
    only_missing(&found, &format!("queue {queue}"), &["drops events when it is full (x-max-length)"]);
    assert!(detail(&found, &format!("queue {dead_letters}")).contains("does not exist yet"));
    assert_eq!(queues(&place), before);
}

#[tokio::test]
async fn permissions_that_are_missing_on_the_broker_are_named() {
    let (fresh, prepared) = (Fixture::sqlite(), Fixture::sqlite());
    prepared.prepare();
    prepared.publish_payments(&[crate::fixture::payment()]).await;
    for place in [&fresh, &prepared] {
        assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    }
    let user = unique_name();
    RABBITMQ.ctl(&["add_user", &user, SECRET]);
    let with = |configure: &str, write: &str, read: &str, place: &Fixture| {
        RABBITMQ.ctl(&["set_permissions", &user, configure, write, read]);
        missing(&items(place, &[("RABBITMQ_USERNAME", &user), ("RABBITMQ_PASSWORD", SECRET)]))
    };
    assert_eq!(with(".*", ".*", ".*", &fresh), []);
    let declared = with("", ".*", ".*", &fresh);
    assert_eq!(declared.len(), 18, "{declared:#?}");
    for (name, said) in declared {
        assert!(said.contains("does not exist, and can't be declared: "), "{name}: {said}");
        assert!(said.contains("ACCESS_REFUSED"), "{name}: {said}");
    }

    // What others have declared needs no right to declare.
    assert_eq!(with("", ".*", ".*", &prepared), []);
    let before = queues(&prepared);
    let consumed = with("", ".*", "", &prepared);
    assert_eq!(consumed.len(), 8, "{consumed:#?}");
    assert!(consumed.iter().all(|(_, said)| said.contains("ACCESS_REFUSED")), "{consumed:#?}");
    let published = with("", "", ".*", &prepared);
    let [(name, said)] = published.as_slice() else { panic!("{published:#?}") };
    assert_eq!(*name, format!("exchange {}", prepared.topology.dead_letter_exchange()));
    assert!(said.contains("ACCESS_REFUSED"), "{said}");
    assert_eq!(queues(&prepared), before, "the message waits as before");
    RABBITMQ.ctl(&["delete_user", &user]);
}
