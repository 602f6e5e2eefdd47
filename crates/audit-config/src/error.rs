use std::path::PathBuf;

use audit_database::redact_credentials;
use figment::{Figment, error::Kind, value::Value};

use crate::show::{self, source_name};

/// Why the configuration can't be used.
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
    /// The file that was named does not exist.
    #[error("configuration: there is no file {}", .0.display())]
    NoFile(PathBuf),
    /// A file that nobody named, and that another user may have written.
    #[error(
        "configuration: {file} in the working directory could be somebody else's: {why}; mend that, or name it with \
         --config if it is the right one"
    )]
    NotTrusted {
        /// The file.
        file: &'static str,
        /// How another user could have written it.
        why: String,
    },
    /// A variable that is not text.
    #[error("configuration: the environment variable {0} is not UTF-8")]
    NotUtf8(String),
}

/// A key whose value is well-formed and can't be used all the same.
#[derive(Debug)]
pub(crate) struct Invalid {
    key: &'static str,
    problem: String,
}

impl Invalid {
    pub(crate) fn new(key: &'static str, problem: impl Into<String>) -> Self {
        Self { key, problem: problem.into() }
    }
}

fn show_value(value: Option<&str>) -> String {
    value.map(|value| format!(" = {value}")).unwrap_or_default()
}

impl ConfigError {
    /// An invalid value that was found after reading. `values` are those without secrets.
    pub(crate) fn at(Invalid { key, problem }: Invalid, values: &Value, sources: &Figment) -> Self {
        let value = values.find_ref(key).map(show::value);
        let source_name = sources.find_metadata(key).map_or_else(|| "unknown".to_owned(), source_name);
        Self::Value { key: key.to_owned(), value, problem, source_name }
    }

    pub(crate) fn from_figment(error: &figment::Error, sources: &Figment) -> Self {
        let source_name = error.metadata.as_ref().map_or_else(|| "the configuration".to_owned(), source_name);
        let (problem, may_be_secret) = problem(&error.kind);
        if error.path.is_empty() {
            return Self::Source { source_name, problem: without_source_line(&problem) };
        }
        let key = error.path.join(".");
        let given = sources.find_value(&key).ok().filter(|given| !may_be_secret && is_single(given));
        let problem = match given.as_ref().and_then(Value::as_str) {
            // Some errors quote the value.
            Some(text) if !text.is_empty() => problem.replace(text, &redact_credentials(text)),
            _ => problem,
        };
        let value = given.as_ref().map(show::value);
        Self::Value { key: redact_credentials(&key), value, problem, source_name }
    }
}

/// What is wrong, and whether the value may be a secret in the wrong place.
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

/// Whether a value is a scalar. A table or list may hold anything.
fn is_single(value: &Value) -> bool {
    !matches!(value, Value::Dict(..) | Value::Array(..))
}

/// Drops the quoted line of a syntax error, which may hold a secret. What stays is `TOML parse error at line 1, column 10`
/// and what was expected.
fn without_source_line(problem: &str) -> String {
    let lines = problem.lines().filter(|line| !line.contains('|') && !line.trim().is_empty());
    lines.collect::<Vec<_>>().join(": ")
}
