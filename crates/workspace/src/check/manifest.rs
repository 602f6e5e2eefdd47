use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::Files;

/// A crate's `Cargo.toml`.
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) path: String,
    table: Table,
}

impl Manifest {
    /// Those of all our crates, and a sentence for each that can't be read.
    pub(super) fn all(files: &Files) -> (Vec<Self>, Vec<String>) {
        let (mut manifests, mut found) = (Vec::new(), Vec::new());
        let crates = files.under("crates/").chain(files.under("migration/"));
        for (path, text) in crates.filter(|(path, _)| path.ends_with("/Cargo.toml")) {
            // Templates are no crates.
            if path.matches('/').count() > 2 || text.contains('«') {
                continue;
            }
            match text.parse::<Table>() {
                Ok(table) => {
                    let name = table.get("package").and_then(|package| package.get("name")?.as_str());
                    let name = name.unwrap_or_default().to_owned();
                    manifests.push(Self { name, path: path.to_owned(), table });
                }
                Err(error) => found.push(format!("{path} can't be read: {error}")),
            }
        }
        (manifests, found)
    }

    /// What the crate itself needs; tests and benchmarks may need more.
    pub(super) fn dependencies(&self) -> BTreeSet<&str> {
        let dependencies = self.table.get("dependencies").and_then(Value::as_table);
        dependencies.into_iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The features that it switches on of a dependency.
    pub(super) fn features_of(&self, dependency: &str) -> Vec<&str> {
        let features = self.table.get("dependencies").and_then(|all| all.get(dependency)?.get("features"));
        features.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub(super) fn features(&self) -> Option<&Table> {
        self.table.get("features")?.as_table()
    }
}
