//! Who may depend on whom. What is allowed stands in the table of docs/architecture.md.

use std::collections::{BTreeMap, BTreeSet};

use toml::Table;

use super::manifest::Manifest;
use crate::{Domain, Files};

const TABLE: &str = "docs/architecture.md (Crates)";
const PROGRAM: &str = "log-service";

/// The crates that make up the program, apart from its libraries.
const PROGRAM_CRATES: [&str; 4] = [PROGRAM, "audit-commands", "audit-config", "audit-database"];

/// Dependencies that only the program's own crates may have, and why.
const OF_THE_PROGRAM: [(&str, &str); 2] = [
    ("figment", "libraries are given their configuration"),
    ("tracing-subscriber", "libraries write to the log, and never say where it goes"),
];

/// The one driver that is not the program's choice: what is imported is on PostgreSQL, whatever our own database is.
const DRIVER_OF_THE_ORIGINAL: (&str, &str) = ("audit-import", "sqlx-postgres");

/// Crates that only tests and developers use.
const TOOLS: [&str; 3] = ["domain-tests", "test-servers", "workspace"];

/// No crate depends on another one of ours that the table does not name.
pub(super) fn are_allowed(files: &Files) -> Vec<String> {
    let (manifests, mut found) = Manifest::all(files);
    let domains: BTreeSet<_> = Domain::all(files).iter().map(Domain::crate_name).collect();
    let ours: BTreeSet<_> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let allowed = table(files.text("docs/architecture.md"), &domains);
    for manifest in &manifests {
        let name = &manifest.name;
        let Some(allowed) = allowed.get(name) else {
            found.push(format!("{name} is not in the table of {TABLE}: add a row for it"));
            continue;
        };
        for other in manifest.dependencies().intersection(&ours) {
            if domains.contains(name) && domains.contains(*other) {
                found.push(format!(
                    "{name} depends on {other}: no domain crate knows another one; take it out"
                ));
            } else if !allowed.contains(*other) {
                found.push(format!(
                    "{name} depends on {other}, which {TABLE} does not allow: take it out, or change the table with \
                     its reason"
                ));
            }
        }
    }
    found
}

/// Crates and what each may depend on, of ours.
fn table(page: &str, domains: &BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let rows = page.lines().skip_while(|line| !line.contains("| depends on, of ours |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').collect();
        let [_, crates, _, others, ..] = cells[..] else { continue };
        let named = quoted(others);
        let others = if others.contains("all above") {
            allowed.keys().filter(|name| !named.contains(*name)).cloned().collect()
        } else {
            named
        };
        let crates = if crates.contains("the domain crates") { domains.clone() } else { quoted(crates) };
        allowed.extend(crates.into_iter().map(|name| (name, others.clone())));
    }
    allowed
}

/// What stands between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Configuration, logging and drivers are the program's.
pub(super) fn are_where_they_belong(files: &Files) -> Vec<String> {
    let (manifests, _) = Manifest::all(files);
    let mut found = Vec::new();
    for manifest in manifests.iter().filter(|manifest| !PROGRAM_CRATES.contains(&manifest.name.as_str())) {
        let path = &manifest.path;
        for (name, reason) in OF_THE_PROGRAM {
            if manifest.dependencies().contains(name) {
                found.push(format!("{path} brings {name}, which is {PROGRAM}'s alone: {reason}"));
            }
        }
        let is_picked =
            |feature: &str| is_driver(feature) && (&*manifest.name, feature) != DRIVER_OF_THE_ORIGINAL;
        for feature in manifest.features_of("sea-orm").iter().filter(|feature| is_picked(feature)) {
            found.push(format!(
                "{path} switches on {feature} of sea-orm: only {PROGRAM} picks database drivers; take it out"
            ));
        }
    }
    found
}

/// `sqlx-dep` is sqlx without any.
fn is_driver(feature: &str) -> bool {
    ["sqlx-postgres", "sqlx-sqlite", "sqlx-mysql"].contains(&feature) || feature.starts_with("runtime-")
}

/// Whoever depends on a domain knows its features without looking.
pub(super) fn features_are_those_of_every_domain(files: &Files) -> Vec<String> {
    let template = include_str!("../../templates/manifest.toml").parse::<Table>().unwrap_or_default();
    let expected = template.get("features").and_then(toml::Value::as_table);
    let domains: BTreeSet<_> = Domain::all(files).iter().map(Domain::crate_name).collect();
    let (manifests, _) = Manifest::all(files);
    let of_domains = manifests.iter().filter(|manifest| domains.contains(&manifest.name));
    let differ = of_domains.filter(|manifest| manifest.features() != expected);
    let said = |manifest: &Manifest| {
        format!(
            "{} has other features than every domain: [features] must be default, publish, schema and store, as in \
             crates/ticket-log/Cargo.toml",
            manifest.path
        )
    };
    differ.map(said).collect()
}

/// Libraries are told what they need.
pub(super) fn libraries_read_no_environment(files: &Files) -> Vec<String> {
    let (manifests, _) = Manifest::all(files);
    let mut found = Vec::new();
    let is_library = |name: &str| !PROGRAM_CRATES.contains(&name) && !TOOLS.contains(&name);
    for manifest in manifests.iter().filter(|manifest| is_library(&manifest.name)) {
        let folder = manifest.path.replace("Cargo.toml", "src/");
        for (path, code) in files.under(&folder) {
            for (number, line) in program(code) {
                if line.contains("env::var") || line.contains("std::env") {
                    found.push(format!(
                        "{path}:{number} reads the environment: only {PROGRAM} does; let it be given instead"
                    ));
                }
            }
        }
    }
    found
}

/// The numbered lines of a file that are program: no comments, and no tests at its end.
pub(super) fn program(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = (1..).zip(code.lines()).take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}
