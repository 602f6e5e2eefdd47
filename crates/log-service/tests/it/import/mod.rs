//! Moving over from the original: its tables, made from the page that tells how, are imported.

mod copying;
mod meeting;
mod original;
mod refusing;
mod resuming;
mod switching;
mod verifying;

use std::process::{Command, Output};

use serde_json::Value;

pub(crate) use self::original::Original;
use crate::{
    fixture::Fixture,
    reading::{objects, read},
};

/// A place with our tables, on each of the databases.
pub(crate) fn places() -> [Fixture; 2] {
    [Fixture::sqlite(), Fixture::postgresql()].map(migrated)
}

fn migrated(place: Fixture) -> Fixture {
    assert!(place.command(&["migrate", "up"]).output().unwrap().status.success());
    place
}

pub(crate) fn import_command(place: &Fixture, original: &Original, args: &[&str]) -> Command {
    place.command(&[&["import", "--from", &original.url], args].concat())
}

fn import(place: &Fixture, original: &Original, args: &[&str]) -> Output {
    import_command(place, original, args).output().unwrap()
}

/// The counts of a table: read, new, there before, duplicates, conflicts, unreadable, missing; and whether the checksums
/// are the same.
fn counts(output: &Output, table: &str) -> ([u64; 7], bool) {
    let shown = String::from_utf8_lossy(&output.stdout);
    let line = shown.lines().find(|line| line.starts_with(&format!("{table} ")));
    let line = line.unwrap_or_else(|| panic!("{shown}\n{}", stderr(output)));
    let mut cells = line.split_whitespace().skip(1);
    let counts = std::array::from_fn(|_| cells.next().unwrap().parse().unwrap());
    (counts, cells.next() == Some("same"))
}

/// The same of an import that says that all is well.
fn whole(output: &Output, table: &str) -> [u64; 7] {
    assert!(output.status.success(), "{}{}", stderr(output), String::from_utf8_lossy(&output.stdout));
    assert!(
        stderr(output).contains("every row of the original was imported unchanged"),
        "{}",
        stderr(output)
    );
    let (counts, is_same) = counts(output, table);
    assert!(is_same);
    counts
}

/// The same of one that does not.
fn not_whole(output: &Output, table: &str) -> ([u64; 7], bool) {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        stderr(output).contains("not every row of the original was imported unchanged"),
        "{}",
        stderr(output)
    );
    counts(output, table)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Everything in our tables, by time and id.
fn everything(place: &Fixture) -> Vec<Value> {
    objects(&read(place, &["export", "--from", "1999-01-01", "--order", "oldest", "--format", "ndjson"]))
}
