//! The documents in the repository are those that the program prints.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::printed;
use crate::samples;

const STALE: &str = "run `just documents`, and look at the difference";

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contract")
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_DOCUMENTS").is_some()
}

#[test]
fn the_asyncapi_document_in_the_repository_is_the_one_that_is_printed() {
    let path = docs().join("asyncapi.json");
    let now = printed(&["contract", "asyncapi"]);
    if is_updating() {
        fs::create_dir_all(docs()).unwrap();
        fs::write(&path, &now).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "docs/contract/asyncapi.json is not what is printed: {STALE}");
}

#[test]
fn the_schemas_in_the_repository_are_those_that_are_written() {
    let folder = docs().join("schemas");
    if is_updating() {
        printed(&["contract", "schemas", "--to", folder.to_str().unwrap()]);
    }
    let written = tempfile::tempdir().unwrap();
    printed(&["contract", "schemas", "--to", written.path().to_str().unwrap()]);
    let (kept, now) = (files(&folder), files(written.path()));
    assert_eq!(now.len(), samples::domains().len());
    assert!(kept == now, "docs/contract/schemas is not what is written: {STALE}");
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten().map(Result::unwrap);
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| (name(&entry.path()), fs::read_to_string(entry.path()).unwrap())).collect()
}

#[test]
fn every_domain_has_a_channel_its_queues_and_examples() {
    let document: Value = serde_json::from_str(&printed(&["contract", "asyncapi"])).unwrap();
    for domain in samples::domains() {
        let binding = |channel: &str| &document["channels"][channel]["bindings"]["amqp"];
        assert_eq!(document["channels"][&domain]["address"], format!("{domain}.log"));
        assert_eq!(binding(&domain)["exchange"]["name"], "tickatch.log");
        let queue = format!("tickatch.{domain}.log.queue");
        assert_eq!(binding(&format!("{domain}-queue"))["queue"]["name"], queue);
        assert_eq!(binding(&format!("{domain}-dead-letters"))["queue"]["name"], format!("{queue}.dlq"));
        assert!(!document["components"]["messages"][&domain]["examples"].as_array().unwrap().is_empty());
    }
}
