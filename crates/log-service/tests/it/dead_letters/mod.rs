//! Dead letters: how they come to be, and how they are looked at and repaired.

mod dead_lettering;
mod discarding;
mod listing;
pub mod rejected;
mod replaying;
mod round_trip;

use std::process::Output;

use audit_core::Domain;
use serde_json::Value;

use crate::fixture::{Fixture, eventually};

fn run(place: &Fixture, args: &[&str]) -> Output {
    place.command(&[&["dead-letters"], args].concat()).env("USER", "operator").output().unwrap()
}

/// What the command answered, given that it went well.
pub fn answer(place: &Fixture, args: &[&str]) -> String {
    let output = run(place, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What it said beside its answer, given that it went well.
pub fn said(place: &Fixture, args: &[&str]) -> String {
    let output = run(place, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stderr(&output)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn list(place: &Fixture) -> Value {
    serde_json::from_str(&answer(place, &["list", "--format", "json"])).unwrap()
}

async fn waiting(place: &Fixture, domain: Domain) -> u32 {
    place.waiting(&place.topology.dead_letter_queue(domain)).await
}

/// Waits until so many are there.
pub async fn wait_for(place: &Fixture, domain: Domain, letters: u32) {
    eventually(&format!("{letters} dead letters of {domain}"), async || {
        waiting(place, domain).await == letters
    })
    .await;
}
