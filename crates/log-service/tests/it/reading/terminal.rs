//! The tables as a terminal shows them.

use std::process::Command;

use super::events;
use crate::fixture::Fixture;

/// What a command prints on a terminal of so many columns.
fn on_terminal(place: &Fixture, columns: u16, args: &str) -> String {
    let program = env!("CARGO_BIN_EXE_log-service");
    let mut command = Command::new("script");
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
