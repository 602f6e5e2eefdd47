//! What a terminal shows: tables, and nothing that others have written for the terminal.

use std::process::Command;

use audit_core::terminal::steers;
use serde_json::{Value, json};

use super::{events, objects, read, run, stderr};
use crate::{
    dead_letters::wait_for,
    fixture::{Fixture, PAYMENT, payment_with},
};

/// Clears the screen in two ways, turns text around, hides in it, and begins lines of its own.
const HOSTILE: &str = "a\u{1b}[2J\u{9b}2Jb\u{202e}c\u{2066}d\u{200b}e\u{2028}f\r\ng\u{7f}\u{7}h";

/// What a command prints on a terminal of so many columns.
fn on_terminal(place: &Fixture, columns: u16, args: &str) -> String {
    let program = env!("CARGO_BIN_EXE_log-service");
    let mut command = Command::new("script");
    command.current_dir(place.folder());
    command.args(["-qec", &format!("stty rows 50 cols {columns}; {program} {args}"), "/dev/null"]);
    for (name, value) in place.command(&[]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.env("TERM", "xterm").env_remove("NO_COLOR").output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

#[tokio::test]
async fn failures_stand_out_and_narrow_terminals_wrap() {
    let place = Fixture::sqlite();
    events::store(&place, 4).await;
    let search = "search --from 2025-12-01 --domain reservation-seat --order oldest";
    insta::assert_snapshot!(on_terminal(&place, 100, search).replace('\u{1b}', "ESC"));
    let plain = on_terminal(&place, 100, &format!("{search} --format csv"));
    assert!(!plain.contains('\u{1b}'), "{plain}");
}

/// What is shown, but for the ends of lines and the colours of our own.
fn steered(shown: &str) -> Option<char> {
    let shown = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[31m"]
        .iter()
        .fold(shown.to_owned(), |shown, ours| shown.replace(ours, ""));
    shown.chars().find(|character| *character != '\n' && steers(*character))
}

/// An event, and a message that is none.
async fn hostile(place: &Fixture) {
    let service = place.serve();
    let event = payment_with(
        json!({"actionType": HOSTILE, "actorType": HOSTILE, "method": HOSTILE, HOSTILE: HOSTILE}),
    );
    let mut letter = place.message(PAYMENT, format!("no JSON {HOSTILE}"));
    letter.properties = letter.properties.with_app_id(HOSTILE.into()).with_type(HOSTILE.into());
    place.publish_payments(&[event]).await;
    place.publish(&[letter]).await;
    place.wait_for_rows("p_payment_log", 1).await;
    wait_for(place, PAYMENT, 1).await;
    service.stop().expect_success();
}

#[tokio::test]
async fn nothing_that_others_have_written_steers_a_terminal() {
    let place = Fixture::sqlite();
    hostile(&place).await;
    let letters: Value =
        serde_json::from_str(&read(&place, &["dead-letters", "list", "--format", "json"])).unwrap();
    let id = letters["items"][0]["id"].as_str().unwrap();
    let lines = [
        json!({"routing_key": "payment.log", "body": payment_with(json!({"method": HOSTILE, HOSTILE: 1}))}),
        json!({"routing_key": "payment.log", "body": payment_with(json!({"retryCount": HOSTILE}))}),
        json!({"routing_key": HOSTILE, HOSTILE: 1}),
    ];
    std::fs::write(place.folder().join("lines"), lines.map(|line| format!("{line}\n")).concat()).unwrap();

    let mut commands = Vec::new();
    for command in ["search", "timeline 3fb56c7b-8c38-4721-863c-2289f65684f0"] {
        for format in ["table", "json", "ndjson", "csv", "spreadsheet"] {
            commands.push(format!("{command} --from 2025-12-01 --format {format}"));
        }
    }
    for format in ["table", "json", "csv", "spreadsheet"] {
        commands.push(format!("stats --from 2025-12-01 --by action_type,actor_type --format {format}"));
    }
    for format in ["ndjson", "csv", "spreadsheet"] {
        commands.push(format!("export --from 2025-12-01 --format {format}"));
    }
    for format in ["text", "ndjson"] {
        commands.push(format!("tail --since start --format {format}"));
    }
    // Their progress moves the cursor; it has none of a message's text.
    for args in ["list --preview", "list --preview --format json", "export"] {
        commands.push(format!("dead-letters {args} 2>/dev/null"));
    }
    for format in ["text", "json"] {
        commands.push(format!("dead-letters show {id} --format {format}"));
    }
    commands.push("contract check --verbose lines".to_owned());
    for command in commands {
        let shown = on_terminal(&place, 200, &command);
        assert!(shown.contains("[2J"), "{command} shows it: {shown:?}");
        assert_eq!(steered(&shown), None, "{command}: {shown:?}");
    }
    let publishing = run(&place, &["publish", "lines"]);
    assert_eq!(steered(&stderr(&publishing)), None, "{}", stderr(&publishing));
}

#[tokio::test]
async fn a_program_gets_every_text_as_it_is() {
    let place = Fixture::sqlite();
    hostile(&place).await;
    let export = |format| read(&place, &["export", "--from", "2025-12-01", "--format", format]);
    let [event] = &objects(&export("ndjson"))[..] else { panic!("one event") };
    assert_eq!((&event["action_type"], &event["extra"][HOSTILE]), (&json!(HOSTILE), &json!(HOSTILE)));
    let csv = export("csv");
    let mut csv = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(&csv.records().next().unwrap().unwrap()[5], HOSTILE);
    let [letter] = &objects(&read(&place, &["dead-letters", "export"]))[..] else { panic!("one letter") };
    assert_eq!(letter["body_text"], format!("no JSON {HOSTILE}"));
    assert_eq!(letter["properties"]["app_id"], HOSTILE);
}

#[test]
fn errors_and_log_lines_that_quote_it_steer_no_terminal() {
    let place = Fixture::sqlite();
    let hostile = HOSTILE.replace(['\r', '\n'], "");
    let name = format!("{hostile}.db");
    let url = format!("sqlite://{}/{}?mode=rwc", place.folder().display(), name.replace('\u{1b}', "%1b"));
    let with = |args: &[&str], format: &str| {
        let mut command = place.command(args);
        command.env("DB_URL", &url).env("LOG_SERVICE__TELEMETRY__FORMAT", format).output().unwrap()
    };
    assert!(with(&["migrate", "up"], "text").status.success());
    for format in ["text", "json"] {
        let file = std::fs::read_dir(place.folder()).unwrap().next().unwrap().unwrap().path();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        std::fs::set_permissions(&file, open).unwrap();
        let said = stderr(&with(&["search"], format));
        assert!(said.contains("now it is for its owner alone") && said.contains("[2J"), "{said:?}");
        assert_eq!(steered(&said), None, "{said:?}");
    }
    for args in [
        &["search", "--domain", HOSTILE][..],
        &["search", "--limit", HOSTILE],
        &["timeline", HOSTILE, HOSTILE],
    ] {
        let said = stderr(&run(&place, args));
        assert_eq!(steered(&said), None, "{args:?}: {said:?}");
    }
}
