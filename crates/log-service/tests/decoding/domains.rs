//! All that the program serves, with their samples.

#[expect(dead_code, reason = "the program uses all of it")]
#[path = "../../src/domains.rs"]
mod of_the_program;

use std::sync::LazyLock;

use audit_commands::DomainRegistration;
use audit_core::store::DomainLog;
use serde_json::{Value, value::RawValue};

/// A domain and the bodies of its samples.
pub struct Sampled {
    pub log: DomainLog,
    pub bodies: Vec<Fields>,
}

/// An object's fields as they stand: each name and value in JSON.
pub type Fields = Vec<(Vec<u8>, Vec<u8>)>;

static DOMAINS: LazyLock<Vec<Sampled>> = LazyLock::new(|| {
    let sampled = |domain: DomainRegistration| Sampled {
        log: domain.log,
        bodies: domain.contract.samples.lines().map(fields).collect(),
    };
    of_the_program::all().into_iter().map(sampled).collect()
});

pub fn domains() -> &'static [Sampled] {
    &DOMAINS
}

fn fields(line: &str) -> Fields {
    let mut line: std::collections::BTreeMap<&str, &RawValue> = serde_json::from_str(line).unwrap();
    let body: Value = serde_json::from_str(line.remove("body").unwrap().get()).unwrap();
    let in_json = |value: &dyn ToString| value.to_string().into_bytes();
    let fields = body.as_object().unwrap().iter();
    fields.map(|(name, value)| (in_json(&Value::from(name.as_str())), in_json(value))).collect()
}
