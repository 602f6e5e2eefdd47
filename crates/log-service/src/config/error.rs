use std::path::PathBuf;

use figment::{Figment, error::Kind};

use super::{show, sources::source_name};

/// Why there is no configuration to start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that can't be used.
    #[error("configuration: {key}{}: {problem} (from {source_name})", show_value(.value.as_deref()))]
    Value {
        /// The key.
        key: String,
        /// The value, unless it is a secret.
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
    /// A problem with a key's value that was found after reading.
    pub(super) fn at(key: &str, problem: String, sources: &Figment) -> Self {
        let value = sources.find_value(key).ok().map(|value| show::value(key, &value));
        let source_name = sources.find_metadata(key).map_or_else(|| "unknown".to_owned(), source_name);
        Self::Value { key: key.to_owned(), value, problem, source_name }
    }

    pub(super) fn from_figment(error: &figment::Error, sources: &Figment) -> Self {
        let key = error.path.join(".");
        let source_name = error.metadata.as_ref().map_or_else(|| "the configuration".to_owned(), source_name);
        let value = sources.find_value(&key).ok().map(|value| show::value(&key, &value));
        let problem = match &error.kind {
            Kind::UnknownField(_, known) => format!("there is no such key; known are {}", known.join(", ")),
            Kind::MissingField(field) => format!("`{field}` is missing"),
            Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
                format!("expected {expected}")
            }
            Kind::UnknownVariant(_, known) => format!("expected one of {}", known.join(", ")),
            other => other.to_string(),
        };
        if key.is_empty() {
            return Self::Source { source_name, problem: without_source_line(&problem) };
        }
        Self::Value { key, value, problem, source_name }
    }
}

/// A syntax error without the line that it is about, which may hold a secret: `TOML parse error at line 1, column
/// 10`, the line between bars, and then what was expected.
fn without_source_line(problem: &str) -> String {
    let told = problem.lines().filter(|line| !line.contains('|') && !line.trim().is_empty());
    told.collect::<Vec<_>>().join(": ")
}
