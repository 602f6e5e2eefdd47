//! docs/adding-a-domain.md shows what its command writes.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use std::path::Path;

use chrono::NaiveDate;
use clap::Parser;
use uuid::Uuid;
use workspace::{Args, Files};

/// The day that the page was written for.
fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 15).unwrap()
}

/// The page's domain under another name, as long as its own: it can be added to the repository, and this test goes on.
fn renamed(text: &str) -> String {
    text.replace("refund", "recall").replace("Refund", "Recall")
}

/// Ids in samples are made of the domain's name.
fn without_ids(text: &str) -> String {
    let parts = text.split('"').map(|part| if part.parse::<Uuid>().is_ok() { "id" } else { part });
    parts.collect::<Vec<_>>().join("\"")
}

/// The page's version of the migration: the real one is later than all that are there.
const VERSION: &str = "m20260115_000001_recall_log";

/// The words of a command in which only one is quoted, if any.
fn words(command: &str) -> Vec<String> {
    let between_quotes = |(at, part): (usize, &str)| {
        if at % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
    };
    command.split('"').enumerate().flat_map(between_quotes).collect()
}

/// The README's columns are as wide as its longest line makes them.
fn one_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_file_and_line_of_the_guide_is_what_the_command_writes() {
    let before = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let page = without_ids(&renamed(before.text("docs/adding-a-domain.md")));
    let command = page.lines().find_map(|line| line.strip_prefix("just new-domain ")).unwrap();
    let shown: Vec<_> = page.lines().map(one_spaced).collect();
    let args = words(&format!("new-domain {command}"));

    let mut files = before.clone();
    Args::try_parse_from(args).unwrap().domain(day()).add_to(&mut files).unwrap();
    let migration =
        files.changed(&before).into_iter().find_map(|(path, _)| path.strip_prefix("migration/src/m2"));
    let version = format!("m2{}", migration.unwrap().trim_end_matches(".rs"));
    for (path, text) in files.changed(&before) {
        let text = without_ids(&text.replace(&version, VERSION));
        if before.has(path) {
            let old = without_ids(before.text(path));
            let is_new = |line: &&str| !old.contains(line);
            for line in text.lines().filter(is_new) {
                assert!(shown.contains(&one_spaced(line)), "{path}: the page lacks the line\n{line}");
            }
        } else if !path.contains("/snapshots/") {
            assert!(page.contains(&format!("\n{text}```")), "{path}: the page lacks the block\n{text}");
        }
    }
}
