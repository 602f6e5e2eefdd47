//! The commands that read, against what is known to be in the log.

pub mod events;
mod export;
mod indexes;
mod records;
pub mod search;
mod stats;
mod tail;
mod terminal;
mod timeline;

use std::process::Output;

use serde_json::Value;

use crate::fixture::Fixture;

/// What a command answered, given that it went well.
pub fn read(place: &Fixture, args: &[&str]) -> String {
    let output = run(place, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run(place: &Fixture, args: &[&str]) -> Output {
    place.command(args).env("USER", "auditor").output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(place: &Fixture, args: &[&str]) -> Value {
    serde_json::from_str(&read(place, &[args, &["--format", "json"]].concat())).unwrap()
}

pub fn objects(ndjson: &str) -> Vec<Value> {
    ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn ids(entries: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.iter().map(|entry| (text(&entry["domain"]), text(&entry["id"]))).collect()
}
