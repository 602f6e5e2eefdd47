//! The domains that there are, told by the samples in their crates. So a new domain is tried without being named.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The domains in the order of their names.
pub fn domains() -> Vec<String> {
    let folders = fs::read_dir(crates()).unwrap().map(|folder| folder.unwrap().path());
    let sampled = folders.filter(|folder| folder.join("samples.ndjson").exists());
    let name = |folder: PathBuf| folder.file_name()?.to_str()?.strip_suffix("-log").map(str::to_owned);
    let mut domains: Vec<_> = sampled.map(|folder| name(folder).unwrap()).collect();
    domains.sort();
    domains
}

/// A domain's samples, as `log-service publish` takes them.
pub fn file(domain: &str) -> PathBuf {
    crates().join(format!("{domain}-log/samples.ndjson"))
}

pub fn lines(domain: &str) -> String {
    fs::read_to_string(file(domain)).unwrap()
}

pub fn bodies(domain: &str) -> Vec<Value> {
    lines(domain).lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].take()).collect()
}

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
