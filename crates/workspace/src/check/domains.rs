use crate::{
    Domain, Files,
    new_domain::made_by,
    places::{Listing, Place},
};

const GUIDE: &str = "docs/adding-a-domain.md";

/// Every domain is wired, has a table, is promised and is documented.
pub(super) fn are_everywhere(files: &Files) -> Vec<String> {
    let mut found: Vec<_> = Domain::all(files).iter().flat_map(|domain| lacks(files, domain)).collect();
    found.extend(migrations_without_effect(files));
    found
}

fn lacks(files: &Files, domain: &Domain) -> Vec<String> {
    let Domain { name, table, type_name } = domain;
    let folder = domain.folder();
    if type_name.is_empty() || table.is_empty() {
        return vec![format!(
            "{folder} has no event or no table: write src/lib.rs and src/entity.rs as {GUIDE} says"
        )];
    }
    let mut found = Vec::new();
    for place in Place::all(domain, "… | …") {
        if !place.is_in(files) {
            let Place { file, lacks, step, line, .. } = place;
            found.push(format!("{name} {lacks}: add `{}` to {file} ({GUIDE}, {step})", line.trim()));
        }
    }
    if made_by(files, table).is_none() {
        found.push(format!(
            "{name} has no table: add a migration with `LogTable::new(\"{table}\")` to migration/src ({GUIDE}, The migration)"
        ));
    }
    let schema = format!("docs/contract/schemas/{name}.schema.json");
    let is_promised =
        files.text("docs/contract/asyncapi.json").contains(&format!("\"address\": \"{name}.log\""));
    if !files.has(&schema) || !is_promised {
        found.push(format!("{name} is not in docs/contract: run `just documents` ({GUIDE}, The documents)"));
    }
    if !Listing::has(files, domain) {
        found.push(format!(
            "{name} is not in {}: add its line to what `log-service domains` shows ({GUIDE}, The documents)",
            Listing::FILE
        ));
    }
    if files.text(&format!("{folder}/samples.ndjson")).is_empty() {
        found.push(format!("{name} has no samples: write {folder}/samples.ndjson ({GUIDE}, The crate)"));
    }
    if !files.has(&format!("{folder}/tests/contract.rs")) {
        found.push(format!(
            "{name} has no test of its samples: write {folder}/tests/contract.rs ({GUIDE}, The crate)"
        ));
    }
    found
}

/// A migration that nobody calls.
fn migrations_without_effect(files: &Files) -> Vec<String> {
    let list = files.text("migration/src/lib.rs");
    let versions = files
        .under("migration/src/m2")
        .filter_map(|(path, _)| path.strip_prefix("migration/src/")?.strip_suffix(".rs"));
    let is_called = |version: &str| {
        list.contains(&format!("mod {version};")) && list.contains(&format!("Box::new({version}::Migration)"))
    };
    let said = |version| {
        format!(
            "the migration {version} is never run: add `mod {version};` and `Box::new({version}::Migration),` to \
             migration/src/lib.rs ({GUIDE}, The migration)"
        )
    };
    versions.filter(|version| !is_called(version)).map(said).collect()
}
