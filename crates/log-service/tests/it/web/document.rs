//! The API's own description.

use std::{collections::HashSet, fs, path::Path};

use serde_json::Value;

use super::Site;

fn served() -> Value {
    Site::alone(&[]).json("/api/v1/openapi.json")
}

#[tokio::test]
async fn the_document_in_the_repository_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let served = format!("{:#}\n", served());
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, &served).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == served,
        "docs/openapi.json is not what the service serves: run `just documents`, and look at the difference"
    );
}

#[tokio::test]
async fn every_reference_in_it_leads_somewhere() {
    fn references<'d>(value: &'d Value, found: &mut Vec<&'d str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = served();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn every_operation_and_parameter_in_it_is_explained_once() {
    let document = served();
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, operation) in
        paths.flat_map(|(path, item)| item.as_object().unwrap().values().map(move |it| (path, it)))
    {
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{path}");
        let mut names = HashSet::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                names.insert((&parameter["in"], &parameter["name"])),
                "{path}: {parameter} is there twice"
            );
            let described = parameter["description"].as_str().unwrap_or_default();
            assert!(described.ends_with('.'), "{path}: {parameter}");
        }
        if path.starts_with("/health") {
            continue;
        }
        for status in ["400", "401", "403", "429", "503"] {
            let media = operation["responses"][status]["content"]["application/problem+json"].is_object();
            assert!(media, "{path}: {status}");
        }
    }
}
