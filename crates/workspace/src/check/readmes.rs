//! The README in Korean says what the English one says.

use crate::Files;

const ENGLISH: &str = "README.md";
const KOREAN: &str = "README.ko.md";

/// What both must have alike and in the same order, whatever the words between.
struct Outline<'a> {
    /// Their depths: `##` and so on.
    headings: Vec<&'a str>,
    /// Commands, code and what they print.
    blocks: Vec<&'a str>,
    /// The command or command line that a table's row is about.
    commands: Vec<&'a str>,
    /// Where links lead, but to each other.
    links: Vec<&'a str>,
}

pub(super) fn are_alike(files: &Files) -> Vec<String> {
    let (english, korean) = (outline(files.text(ENGLISH)), outline(files.text(KOREAN)));
    [
        differing("heading", &english.headings, &korean.headings),
        differing("block of code", &english.blocks, &korean.blocks),
        differing("command", &english.commands, &korean.commands),
        differing("link", &english.links, &korean.links),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn outline(text: &str) -> Outline<'_> {
    let parts: Vec<_> = text.split("```").collect();
    let prose = || parts.iter().step_by(2).flat_map(|part| part.lines());
    let in_prose = || parts.iter().step_by(2);
    Outline {
        headings: prose().filter(|line| line.starts_with('#')).map(depth).collect(),
        blocks: parts.iter().skip(1).step_by(2).map(|block| block.trim()).collect(),
        commands: prose()
            .filter(|line| line.starts_with("| `"))
            .filter_map(|line| line.split(" | ").next())
            .collect(),
        links: in_prose()
            .flat_map(|part| links(part))
            .filter(|link| ![ENGLISH, KOREAN].contains(link))
            .collect(),
    }
}

fn depth(heading: &str) -> &str {
    heading.split_whitespace().next().unwrap_or_default()
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// A sentence on the first thing in which they differ.
fn differing(kind: &str, english: &[&str], korean: &[&str]) -> Option<String> {
    let most = english.len().max(korean.len());
    let at = (0..most).find(|&at| english.get(at) != korean.get(at))?;
    let shown =
        |things: &[&str]| things.get(at).map_or_else(|| "none".to_owned(), |thing| format!("`{thing}`"));
    Some(format!(
        "{KOREAN} says something else than {ENGLISH}: its {kind} {} is {}, the English one is {}; bring it up to date",
        at + 1,
        shown(korean),
        shown(english)
    ))
}
