use super::{dependencies::program, manifest::Manifest};
use crate::Files;

/// What would change or take away a row, in SQL or by sea-orm.
const CHANGES: [&str; 17] = [
    "UPDATE ",
    "DELETE FROM",
    "TRUNCATE ",
    "DROP TABLE",
    "MERGE INTO",
    "REPLACE INTO",
    "INSERT OR REPLACE",
    "Query::update(",
    "Query::delete(",
    "Entity::update",
    "Entity::delete",
    "update_many(",
    "delete_many(",
    "delete_by_id(",
    ".update_column",
    "Table::drop(",
    "Table::truncate(",
];

/// Triggers that refuse a change have to name it, and a mode of locks is called after one.
const NAMES: [&str; 3] = ["CREATE TRIGGER ", "RAISE(ABORT", "IN SHARE UPDATE EXCLUSIVE MODE"];

/// No statement of the program changes a row of a log table. It has no other tables, so it has no such statement.
pub(super) fn no_row_is_changed(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for folder in of_the_program(files) {
        for (path, code) in files.under(&format!("{folder}src/")) {
            for (number, line) in program(code) {
                let change = CHANGES.iter().find(|change| line.contains(**change));
                if let Some(change) = change.filter(|_| !NAMES.iter().any(|name| line.contains(name))) {
                    found.push(format!(
                        "{path}:{number} has `{}`: rows of the log are only ever added; find a way without it",
                        change.trim()
                    ));
                }
            }
        }
    }
    found
}

/// The folders of log-service and all that it is made of.
fn of_the_program(files: &Files) -> Vec<String> {
    let (manifests, _) = Manifest::all(files);
    let mut names = vec!["log-service"];
    let mut at = 0;
    while let Some(name) = names.get(at) {
        let manifest = manifests.iter().find(|manifest| manifest.name == *name);
        let needed = manifest.map(Manifest::dependencies).unwrap_or_default();
        let ours = needed.into_iter().filter(|name| manifests.iter().any(|manifest| manifest.name == *name));
        let new: Vec<_> = ours.filter(|name| !names.contains(name)).collect();
        names.extend(new);
        at += 1;
    }
    let of = manifests.iter().filter(|manifest| names.contains(&manifest.name.as_str()));
    of.map(|manifest| manifest.path.replace("Cargo.toml", "")).collect()
}
