//! The configuration, as an operator meets it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::Path,
    process::Output,
};

use crate::{fixture::log_service, samples};

type FileAndVariables = (Option<&'static str>, &'static [(&'static str, &'static str)]);

/// Runs `log-service config` in an empty folder, with a file and variables.
fn config(file: Option<&str>, variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    if let Some(file) = file {
        fs::write(folder.path().join("log-service.toml"), file).unwrap();
    }
    log_service(&["config"]).current_dir(folder.path()).envs(variables.iter().copied()).output().unwrap()
}

fn printed(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    let output = config(file, variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn complaint(file: Option<&str>, variables: &[(&str, &str)]) -> String {
    let output = config(file, variables);
    assert_eq!(output.status.code(), Some(78), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn effective_values_are_shown_with_their_sources_and_without_secrets() {
    let file = "[rabbitmq]\nhost = \"from-file\"\nport = 1\nprefix = \"other\"\n[ingest]\nmax_batch = 100\n";
    let variables = [
        ("DB_URL", "jdbc:postgresql://db/log?user=ticka&password=url-secret"),
        ("DB_PASSWORD", "00123"),
        ("LOG_SERVICE__DATABASE__READ_URL", "postgres://reader:read-secret@replica/log"),
        ("RABBITMQ_PORT", "2"),
        ("RABBITMQ_USERNAME", ""),
        ("RABBITMQ_PASSWORD", "rabbit-secret"),
        ("SERVER_PORT", "9000"),
        ("LOG_SERVICE__RABBITMQ__PORT", "3"),
        ("LOG_SERVICE__TELEMETRY__OTLP_HEADERS", "authorization=otlp-secret"),
        ("LOG_SERVICE__TELEMETRY__OTLP_ENDPOINT", "https://user:endpoint-secret@collector:4318"),
        ("LOG_SERVICE__WEB__JWT__KEYS", "https://keys-secret@id.example.com/keys?key=keys-secret"),
        ("LOG_SERVICE__WEB__JWT__SECRET", "jwt-secret"),
        ("LOG_SERVICE__RABBITMQ__VHOST", "amqp://user:vhost-secret@rabbit/"),
        ("LOG_SERVICE__INGEST__READ_ACTIONS", "[\"PEEK\"]"),
    ];
    let shown = printed(Some(file), &variables);
    for secret in ["00123", "123\"", "-secret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_manual_is_a_configuration_file_with_the_defaults() {
    let manual = log_service(&["config", "--default"]).output().unwrap();
    let manual = String::from_utf8(manual.stdout).unwrap();
    let values = |shown: &str| -> Vec<String> {
        shown.lines().map(|line| line.split('#').next().unwrap_or_default().trim().to_owned()).collect()
    };
    assert_eq!(values(&printed(Some(&manual), &[])), values(&printed(None, &[])));
}

#[test]
fn mistakes_are_named_with_key_value_and_source() {
    let cases: [FileAndVariables; 34] = [
        (Some("[rabbitmq]\nhots = \"x\"\n"), &[]),
        (Some("[rabbit]\nhost = \"x\"\n"), &[]),
        (Some("[rabbitmq]\nport = \"high\"\n"), &[]),
        (Some("[rabbitmq]\npassword = \"file-secret\n"), &[]),
        (None, &[("RABBITMQ_PORT", "70000")]),
        (None, &[("RABBITMQ_HOST", "rabbit-1,,rabbit-2")]),
        (None, &[("RABBITMQ_PORT", "-1")]),
        (None, &[("SERVER_PORT", "web")]),
        (None, &[("LOG_SERVICE__INGEST__MAX_BATCH", "0")]),
        (None, &[("LOG_SERVICE__INGEST__MAX_BATCH", "1001")]),
        (None, &[("LOG_SERVICE__INGEST__MAX_BITCH", "1")]),
        (None, &[("LOG_SERVICE__INGEST__NAIVE_TIME_ZONE", "Asia/Soul")]),
        (None, &[("LOG_SERVICE__INGEST__NAIVE_TIME_ZONES", "{paymnt = \"Asia/Seoul\"}")]),
        (None, &[("LOG_SERVICE__RABBITMQ__QUEUE_TYPE", "stream")]),
        (None, &[("LOG_SERVICE__RABBITMQ__TLS_CA_FILE", "/nowhere/ca.pem")]),
        (None, &[("LOG_SERVICE__TELEMETRY__FILTER", "info,=")]),
        (None, &[("LOG_SERVICE__TELEMETRY__OTLP_ENDPOINT", "localhost:4318")]),
        (None, &[("LOG_SERVICE__TELEMETRY__OTLP_HEADERS", "header-secret")]),
        (None, &[("LOG_SERVICE__DATABASE__MIGRATE_AT_START", "maybe")]),
        (None, &[("DB_URL", "mysql://user:url-secret@db/log")]),
        (None, &[("DB_URL", "postgres://user:url-secret@db:port/log")]),
        (None, &[("DB_URL", "postgres://user:url-secret@db:5432")]),
        (None, &[("DB_URL", "postgres://user:url-secret@db/log?sslmod=verify-full")]),
        (None, &[("DB_URL", "postgres://user:url-secret@db/log?sslmode=verify")]),
        (None, &[("DB_URL", "postgres://db/log"), ("PGSSLMODE", "verify")]),
        (None, &[("DB_URL", "postgres://user:5432/url-secret@db/log")]),
        (None, &[("DB_URL", "jdbc:postgresql://db/log?p%61ssword=url-secret&password=url-secret")]),
        (
            None,
            &[("DB_URL", "jdbc:postgresql://db/log?user=user&password=url-secret&ssl=true&sslmode=prefer")],
        ),
        (None, &[("DB_URL", "jdbc:postgresql://db/log?password=a&url-secret")]),
        (None, &[("DB_URL", "sqlite://log.db?mode=rwc&Mode=ro")]),
        (None, &[("RABBITMQ_HOST", "[::1]5672")]),
        (None, &[("RABBITMQ_HOST", "amqp://user:url-secret@rabbit/")]),
        (None, &[("LOG_SERVICE__DATABASE__READ_URL", "postgres://user:url-secret@db:port/log")]),
        (None, &[("LOG_SERVICE__DATABASE__READ_URL", "postgres://user:url-secret@replica/log")]),
    ];
    let complaints: String = cases.iter().map(|(file, variables)| complaint(*file, variables)).collect();
    assert!(!complaints.contains("-secret"), "{complaints}");
    // The file's path is another one in each run.
    let complaints: Vec<_> = complaints.lines().map(without_folder).collect();
    let domains = samples::domains().join(", ");
    insta::assert_snapshot!(complaints.join("\n").replace(&domains, "DOMAINS"));
}

fn without_folder(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.rsplit_once("/log-service.toml") {
        Some((_, rest)) => format!("FOLDER/log-service.toml{rest}"),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ").replace("(from log-service.toml", "(from FOLDER/log-service.toml")
}

/// Whoever mistakes a name or a place has written the secret all the same.
#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let files = [
        "password = \"geheim\"",
        "[database]\nPassword = \"geheim\"",
        "[Database]\nurl = \"postgres://u:geheim@h/d\"\npassword = \"geheim\"",
        "[database.login]\npassword = \"geheim\"",
        "[database]\nlogin = { password = \"geheim\" }",
        "[database]\nurl = \"postgres://u:geheim@h/d\"\nurl = \"x\"",
        "[database]\nurl = { url = \"geheim\" }",
        "[database]\nmax_connections = \"postgres://u:geheim@h/d\"",
        "[database]\nfirst_month = \"u:geheim@h\"",
        "[database]\npassword = [\"geheim\"]",
        "[rabbitmq]\nurl = \"amqp://u:geheim@h/\"",
        "[rabbitmq]\nport = \"amqp://u:geheim@h/\"",
        "[rabbitmq]\nhost = \"u:geheim@h\"",
        "[rabbitmq]\ntls_ca_file = \"amqp://u:geheim@h/\"",
        "[ingest]\nnaive_time_zone = \"amqp://u:geheim@h/\"",
        "[telemetry]\notlp_endpoint = \"http://u:geheim@h/?key=geheim\"",
        "[web.jwt]\nalgorithms = [\"geheim\"]",
        "\"postgres://u:geheim@h/d\" = 1",
        "geheim",
        "[database]\npassword = geheim",
        "database = \"geheim\"",
    ];
    for file in files {
        let said = complaint(Some(file), &[]);
        assert!(!said.contains("geheim"), "{file}: {said}");
        assert!(said.contains("log-service.toml"), "{file}: {said}");
    }
    let said = complaint(Some("[rabbitmq]\npassword = 12345678"), &[]);
    assert!(said.contains("rabbitmq.password: expected text") && !said.contains("12345678"), "{said}");
    for name in [
        "PASSWORD",
        "DATABASE",
        "DATABASE__LOGIN__PASSWORD",
        "DATABASE__PASSWORD__X",
        "WEB__JWT",
        "WEB__TOKEN",
    ] {
        let name = format!("LOG_SERVICE__{name}");
        let said = complaint(None, &[(&name, "geheim")]);
        assert!(said.contains(&name) && !said.contains("geheim"), "{said}");
    }
}

/// Special characters that are not escaped end a password before its time.
#[test]
fn a_wrongly_escaped_password_is_not_shown() {
    for password in [
        "ge@heim",
        "ge/heim",
        "ge#heim",
        "ge%heim",
        "ge?heim",
        "ge:heim",
        "5/heim",
        "5?heim=1",
        "5?sslmode=heim",
    ] {
        for url in [
            format!("postgres://u:{password}@h/d"),
            format!("jdbc:postgresql://h/d?user=u&password={password}"),
            format!("jdbc:postgresql://h/d?user=u&password=x&{password}=1"),
            format!("jdbc:postgresql://u:{password}@h/d"),
        ] {
            for name in ["DB_URL", "LOG_SERVICE__DATABASE__READ_URL", "LOG_SERVICE__TELEMETRY__OTLP_ENDPOINT"]
            {
                let output = config(None, &[("DB_URL", "postgres://h/d"), (name, &url)]);
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8(said).unwrap();
                assert!(!said.contains("heim"), "{name}={url}: {said}");
            }
        }
    }
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let output = log_service(&["config", "--config", "/nowhere/log.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "log-service: configuration: there is no file /nowhere/log.toml\n"
    );
}

/// Makes a file, or a folder, somebody else's: only root can.
fn give_away(path: &Path) -> bool {
    chown(path, Some(12345), Some(12345)).is_ok()
}

fn set_mode(path: &Path, mode: u32) -> bool {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).is_ok()
}

#[test]
fn a_file_that_others_could_have_put_there_is_not_taken_silently() {
    type Change = fn(&Path, &Path) -> bool;
    let strange: [(Change, &str); 6] = [
        (|_, file| set_mode(file, 0o666), "it is writable by others"),
        (|folder, _| set_mode(folder, 0o777), "the working directory is writable by others"),
        (|_, file| give_away(file), "it belongs to the user 12345"),
        (|folder, _| give_away(folder), "the working directory belongs to the user 12345"),
        (|folder, file| set_mode(folder, 0o1777) && give_away(file), "it belongs to the user 12345"),
        (
            |folder, file| {
                let elsewhere = folder.join("elsewhere.toml");
                fs::rename(file, &elsewhere).unwrap();
                symlink(&elsewhere, file).unwrap();
                give_away(&elsewhere)
            },
            "what it leads to belongs to the user 12345",
        ),
    ];
    for (change, told) in strange {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log-service.toml");
        fs::write(&file, "[rabbitmq]\nhost = \"theirs\"\n").unwrap();
        if !change(folder.path(), &file) {
            continue;
        }
        let output = log_service(&["config"]).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(78), "{told}: {said}");
        assert!(said.contains(told) && said.contains("--config"), "{told}: {said}");
        assert!(output.stdout.is_empty());
        // Whoever names it means it.
        let named =
            log_service(&["config", "--config"]).arg(&file).current_dir(folder.path()).output().unwrap();
        assert!(named.status.success());
    }
    // What is ours in everybody's folder is ours.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log-service.toml"), "[rabbitmq]\nhost = \"ours\"\n").unwrap();
    assert!(set_mode(folder.path(), 0o1777));
    assert!(log_service(&["config"]).current_dir(folder.path()).output().unwrap().status.success());
}

#[test]
fn serving_with_a_wrong_configuration_ends_with_78() {
    let output = log_service(&[]).env("RABBITMQ_PORT", "x").output().unwrap();
    assert_eq!(output.status.code(), Some(78));
}
