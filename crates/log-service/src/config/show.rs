//! The effective configuration, for people. It is written from the types of its values: a secret is one by its type, and
//! can't be written without [`hidden`].

use audit_core::terminal::visible_json;
use figment::{Figment, value::Value};
use secrecy::{ExposeSecret, SecretString};
use serde::Serializer;

use super::{MANUAL, sources::source_name};
use crate::shown::without_credentials;

/// Writes that there is a secret, and nothing of it.
pub(super) fn hidden<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.expose_secret().is_empty() { "" } else { "***" })
}

/// Every key with its value and source, in TOML's form.
pub(super) fn effective(values: &Value, sources: &Figment) -> String {
    let mut lines = Vec::new();
    for section in sections() {
        let Some(Value::Dict(_, keys)) = values.find_ref(section) else { continue };
        lines.push(format!("[{section}]"));
        for (name, of_key) in keys {
            let key = format!("{section}.{name}");
            if sections().any(|section| section == key) {
                continue;
            }
            let from = sources.find_metadata(&key).map(source_name).unwrap_or_default();
            lines.push(format!("{:<60} # {from}", format!("{name} = {}", value(of_key))));
        }
        lines.push(String::new());
    }
    lines.join("\n")
}

/// As the manual has them.
fn sections() -> impl Iterator<Item = &'static str> {
    MANUAL.lines().filter_map(|line| line.strip_prefix('[')?.strip_suffix(']'))
}

/// A value in TOML's form, without credentials.
pub(super) fn value(value: &Value) -> String {
    let toml = toml::Value::try_from(shown(value)).map(|value| value.to_string());
    toml.map_or_else(|_| "?".to_owned(), |text| visible_json(&text).into_owned())
}

fn shown(value: &Value) -> Value {
    match value {
        Value::String(_, text) => Value::from(without_credentials(text)),
        Value::Array(_, items) => Value::from(items.iter().map(shown).collect::<Vec<_>>()),
        Value::Dict(_, fields) => Value::from(
            fields.iter().map(|(name, of)| (name.clone(), shown(of))).collect::<figment::value::Dict>(),
        ),
        other => other.clone(),
    }
}
