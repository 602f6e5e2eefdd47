//! What publishers are promised: documents, schemas, and the check of their messages.

mod checking;
mod documents;
mod schemas;
mod watching;

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::fixture::log_service;

/// A domain's schema, as it is printed.
fn schema(domain: &str) -> Value {
    serde_json::from_str(&printed(&["contract", "schemas", "--domain", domain])).unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = log_service(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that reads these lines.
pub fn given(mut command: Command, lines: &str) -> Output {
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    let lines = lines.to_owned();
    // Apart, for the command says what it found while it still reads.
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = running.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    output
}

/// What `contract check` says of these lines, line by line.
pub fn check(args: &[&str], lines: &str) -> (Option<i32>, Vec<String>, String) {
    let args: Vec<_> = ["contract", "check", "-"].iter().chain(args).copied().collect();
    let output = given(log_service(&args), lines);
    let said = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    (output.status.code(), said, String::from_utf8(output.stderr).unwrap())
}
