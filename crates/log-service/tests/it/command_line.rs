//! The other commands.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PAYMENT, log_service, payment},
    samples,
};

#[test]
fn help_tells_a_newcomer_what_there_is() {
    let mut texts = Vec::new();
    for args in [
        ["--help"].as_slice(),
        &["migrate", "--help"],
        &["publish", "--help"],
        &["domains", "--help"],
        &["contract", "--help"],
        &["contract", "schemas", "--help"],
        &["contract", "check", "--help"],
        &["dead-letters", "--help"],
        &["dead-letters", "list", "--help"],
        &["dead-letters", "replay", "--help"],
        &["dead-letters", "discard", "--help"],
        &["import", "--help"],
        &["search", "--help"],
        &["timeline", "--help"],
        &["stats", "--help"],
        &["export", "--help"],
        &["tail", "--help"],
        &["check", "--help"],
        &["health", "--help"],
        &["token", "new", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let output = log_service(args).env("COLUMNS", "100").output().unwrap();
        assert!(output.status.success());
        texts.push(String::from_utf8(output.stdout).unwrap());
    }
    insta::assert_snapshot!(texts.join("\n----\n"));
}

#[test]
fn an_unknown_command_ends_with_2() {
    assert_eq!(log_service(&["serv"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn domains_are_listed_with_their_rows() {
    let place = Fixture::sqlite();
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    let mut domains = place.command(&["domains", "--json"]);
    let output = domains.env("LOG_SERVICE__RABBITMQ__PREFIX", "tickatch").output().unwrap();
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let payment = listed.iter().find(|line| line["domain"] == "payment").unwrap();
    assert_eq!(
        *payment,
        json!({"domain": "payment", "table": "p_payment_log", "queue": "tickatch.payment.log.queue",
            "routing_key": "payment.log", "rows": 0})
    );
    let names: Vec<_> = listed.iter().map(|line| line["domain"].as_str().unwrap()).collect();
    assert_eq!(names, samples::domains());

    let table = place.command(&["domains"]).output().unwrap();
    assert_eq!(String::from_utf8(table.stdout).unwrap().lines().count(), 1 + names.len());
}

#[test]
fn lists_for_programs_have_their_entries_in_items() {
    let place = Fixture::sqlite();
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    place.prepare();
    for args in [
        &["domains"][..],
        &["domains", "--duplicates"],
        &["search"],
        &["timeline", "R20251206-000017"],
        &["stats"],
        &["dead-letters", "list"],
        &["check"],
    ] {
        let output = place.command(&[args, &["--format", "json"]].concat()).output().unwrap();
        let answer: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{args:?}: {output:?}"));
        assert!(answer["items"].is_array(), "{args:?}: {answer}");
    }
}

/// Every command with its subcommands, as help lists them.
fn commands(path: &[&str], all: &mut Vec<String>) {
    let output = log_service(&[path, &["--help"]].concat()).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    all.push([&["log-service"], path].concat().join("-"));
    let Some((_, listed)) = help.split_once("\nCommands:\n") else { return };
    let (listed, _) = listed.split_once("\n\n").unwrap();
    let names = listed.lines().filter_map(|line| line.strip_prefix("  "));
    for name in names.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(' ').next()) {
        if name != "help" {
            commands(&[path, &[name]].concat(), all);
        }
    }
}

#[test]
fn every_command_has_a_man_page_without_mistakes() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("share/man1");
    // Without a configuration, and with an invalid one.
    let mut man = log_service(&["man", to.to_str().unwrap()]);
    let output = man.env("LOG_SERVICE__INGEST__MAX_BATCH", "many").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let mut expected = Vec::new();
    commands(&[], &mut expected);
    expected.sort_unstable();
    let pages = std::fs::read_dir(&to).unwrap().map(|page| page.unwrap().path());
    let pages: Vec<_> = pages.collect();
    let stem = |page: &std::path::PathBuf| page.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<_> = pages.iter().map(stem).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
    assert!(names.len() > 25, "{names:?}");
    if which("groff") {
        for page in pages {
            let output =
                Command::new("groff").args(["-man", "-ww", "-z", "-Kutf8"]).arg(&page).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{}: {output:?}", page.display());
        }
    }
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = log_service(&["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("dead-letters") && script.contains("time-zone"), "{shell}: {script}");
        if which(shell) {
            let file = folder.path().join(shell);
            std::fs::write(&file, &script).unwrap();
            let output = Command::new(shell).arg("-n").arg(&file).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
    assert_eq!(log_service(&["completions", "tcsh"]).output().unwrap().status.code(), Some(2));
}

fn which(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

#[test]
fn domains_without_tables_say_what_to_do() {
    let output = Fixture::sqlite().command(&["domains"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("log-service migrate up"), "{message}");
}

fn publish(place: &Fixture, lines: &str) -> Output {
    let mut command = place.command(&["publish", "-"]);
    let mut publishing =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    publishing.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    publishing.wait_with_output().unwrap()
}

#[tokio::test]
async fn lines_that_cannot_be_sent_are_named_and_the_others_are_sent() {
    let place = Fixture::sqlite();
    place.prepare();
    let good = |body: &Value| json!({"routing_key": "payment.log", "body": body}).to_string();
    let unroutable = json!({"routing_key": "gift.log", "body": {}}).to_string();
    let lines = [
        good(&payment()),
        "not json".to_owned(),
        String::new(),
        unroutable,
        json!({"body": {}}).to_string(),
        good(&payment()),
    ];
    let output = publish(&place, &lines.join("\n"));
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap().replace(&place.topology.exchange(), "EXCHANGE");
    insta::assert_snapshot!(said);
    assert_eq!(place.waiting(&place.topology.queue(PAYMENT)).await, 2);
}

#[tokio::test]
async fn a_body_is_published_byte_for_byte() {
    let place = Fixture::sqlite();
    place.prepare();
    let body = r#"{ "b" : 1.50,  "a":"좌석" }"#;
    let output = publish(&place, &format!("{{\"routing_key\":\"payment.log\",\"body\":{body}}}\n"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(place.drain(&place.topology.queue(PAYMENT)).await, [body.as_bytes()]);
}

#[test]
fn publishing_without_a_broker_says_where_it_looked() {
    let output = log_service(&["publish", "-"]).env("RABBITMQ_HOST", "nowhere.invalid").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("can't connect to the broker at nowhere.invalid:5672"), "{message}");
}
