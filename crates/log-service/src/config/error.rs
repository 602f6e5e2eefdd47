use std::path::PathBuf;

use figment::{Figment, error::Kind, value::Value};

use super::{show, sources::source_name};
use crate::shown::without_credentials;

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that can't be used.
    #[error("configuration: {key}{}: {problem} (from {source_name})", show_value(.value.as_deref()))]
    Value {
        /// The key.
        key: String,
        /// The value, unless it may be a secret.
        value: Option<String>,
        /// What is wrong with it.
        problem: String,
        /// Where the value came from.
        source_name: String,
    },
    /// A source that can't be read as a whole.
    #[error("configuration: {source_name} can't be read: {problem}")]
    Source {
        /// The source.
        source_name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file that was asked for is not there.
    #[error("configuration: there is no file {}", .0.display())]
    NoFile(PathBuf),
    /// A file that was found, and that somebody else may have written.
    #[error(
        "configuration: {file} in the working directory could be somebody else's: {why}; mend that, or name it with \
         --config if it is the right one"
    )]
    NotTrusted {
        /// The file.
        file: &'static str,
        /// Why it could.
        why: String,
    },
    /// A variable that is not text.
    #[error("configuration: the environment variable {0} is not UTF-8")]
    NotUtf8(String),
}

fn show_value(value: Option<&str>) -> String {
    value.map(|value| format!(" = {value}")).unwrap_or_default()
}

impl ConfigError {
    /// A problem with a key's value that was found after reading. `values` are those that may be shown.
    pub(super) fn at(key: &str, problem: String, values: &Value, sources: &Figment) -> Self {
        let value = values.find_ref(key).map(show::value);
        let source_name = sources.find_metadata(key).map_or_else(|| "unknown".to_owned(), source_name);
        Self::Value { key: key.to_owned(), value, problem, source_name }
    }

    pub(super) fn from_figment(error: &figment::Error, sources: &Figment) -> Self {
        let source_name = error.metadata.as_ref().map_or_else(|| "the configuration".to_owned(), source_name);
        let (problem, may_be_secret) = problem(&error.kind);
        if error.path.is_empty() {
            return Self::Source { source_name, problem: without_source_line(&problem) };
        }
        let key = error.path.join(".");
        let given = sources.find_value(&key).ok().filter(|given| !may_be_secret && is_single(given));
        let problem = match given.as_ref().and_then(Value::as_str) {
            // Some say again what they could not read.
            Some(text) if !text.is_empty() => problem.replace(text, &without_credentials(text)),
            _ => problem,
        };
        let value = given.as_ref().map(show::value);
        Self::Value { key: without_credentials(&key), value, problem, source_name }
    }
}

/// What is wrong, and whether the value may be a secret that has come to a place that knows nothing of secrets.
fn problem(kind: &Kind) -> (String, bool) {
    match kind {
        Kind::UnknownField(_, known) => {
            (format!("there is no such key; known are {}", known.join(", ")), true)
        }
        Kind::MissingField(field) => (format!("`{field}` is missing"), true),
        Kind::InvalidType(_, expected) if expected.starts_with("struct ") => {
            ("this is a section: it has keys, and no value of its own".to_owned(), true)
        }
        // All secrets are text: a number in such a place may be a password without its quotation marks.
        Kind::InvalidType(_, expected) if expected == "a string" => {
            ("expected text, in quotation marks".to_owned(), true)
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            (format!("expected {expected}"), false)
        }
        Kind::UnknownVariant(_, known) => (format!("expected one of {}", known.join(", ")), false),
        other => (other.to_string(), false),
    }
}

/// Whether a value is one alone: there may be anything in a table or a list.
fn is_single(value: &Value) -> bool {
    !matches!(value, Value::Dict(..) | Value::Array(..))
}

/// A syntax error without the line that it is about, which may hold a secret: `TOML parse error at line 1, column
/// 10`, the line between bars, and then what was expected.
fn without_source_line(problem: &str) -> String {
    let told = problem.lines().filter(|line| !line.contains('|') && !line.trim().is_empty());
    told.collect::<Vec<_>>().join(": ")
}
