//! The effective configuration, for people. It is written from the types of its values: a secret has a type of its own, and
//! can only be written by [`hidden`].

use audit_core::terminal::visible_json;
use audit_database::redact_credentials;
use figment::{Figment, Metadata, Source, value::Value};
use secrecy::{ExposeSecret, SecretString};
use serde::Serializer;

use crate::manual::sections;

/// Serializes a secret as stars, so that only its presence shows.
pub(crate) fn hidden<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if secret.expose_secret().is_empty() { "" } else { "***" })
}

/// Every key with its value and source, in TOML's form.
pub(crate) fn effective(values: &Value, sources: &Figment) -> String {
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

/// A value in TOML's form, without credentials.
pub(crate) fn value(value: &Value) -> String {
    let toml = toml::Value::try_from(redacted(value)).map(|value| value.to_string());
    toml.map_or_else(|_| "?".to_owned(), |text| visible_json(&text).into_owned())
}

fn redacted(value: &Value) -> Value {
    match value {
        Value::String(_, text) => Value::from(redact_credentials(text)),
        Value::Array(_, items) => Value::from(items.iter().map(redacted).collect::<Vec<_>>()),
        Value::Dict(_, fields) => Value::from(
            fields.iter().map(|(name, of)| (name.clone(), redacted(of))).collect::<figment::value::Dict>(),
        ),
        other => other.clone(),
    }
}

/// The name of a source: its path if it is a file.
pub(crate) fn source_name(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        _ => metadata.name.clone().into_owned(),
    }
}
