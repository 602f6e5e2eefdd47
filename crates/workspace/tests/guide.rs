//! docs/adding-a-domain.md shows what its command writes.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

use std::path::Path;

use chrono::NaiveDate;
use clap::Parser;
use workspace::{Args, Files};

/// The day that the page was written for.
fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 15).unwrap()
}

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
    let page = before.text("docs/adding-a-domain.md");
    let command = page.lines().find_map(|line| line.strip_prefix("just new-domain ")).unwrap();
    let shown: Vec<_> = page.lines().map(one_spaced).collect();
    let args = words(&format!("new-domain {command}"));

    let mut files = before.clone();
    Args::try_parse_from(args).unwrap().domain(day()).add_to(&mut files).unwrap();
    for (path, text) in files.changed(&before) {
        if before.has(path) {
            let is_new = |line: &&str| !before.text(path).contains(line);
            for line in text.lines().filter(is_new) {
                assert!(shown.contains(&one_spaced(line)), "{path}: the page lacks the line\n{line}");
            }
        } else if !path.contains("/snapshots/") {
            assert!(page.contains(&format!("\n{text}```")), "{path}: the page lacks the block\n{text}");
        }
    }
}
