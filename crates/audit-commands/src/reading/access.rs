//! What the access log has of a command: who ran it, and with which arguments.

use std::{
    env, fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use audit_query::MAX_TEXT_CHARS;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// The arguments of a command as they were given, without those that were left out.
pub(crate) fn recorded_arguments(args: &impl Serialize) -> Result<Json, serde_json::Error> {
    let mut arguments = serde_json::to_value(args)?;
    if let Some(fields) = arguments.as_object_mut() {
        fields.retain(|_, value| match value {
            Json::Null | Json::Bool(false) => false,
            Json::Array(values) => !values.is_empty(),
            _ => true,
        });
    }
    Ok(arguments)
}

/// The name of the system's user. It is as trustworthy as the environment: the database's own log has the role that
/// connected. It is cut to what the access log holds.
#[expect(clippy::disallowed_methods, reason = "who runs the command")]
pub(super) fn reader_name() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| {
        let name = env::var_os(name)?.to_string_lossy().into_owned();
        (!name.is_empty()).then_some(name)
    });
    let name = named.unwrap_or_else(|| match fs::metadata("/proc/self") {
        Ok(process) => format!("uid {}", process.uid()),
        Err(_) => "unknown".to_owned(),
    });
    name.chars().take(MAX_TEXT_CHARS).collect()
}

/// Serializes an argument by its text.
#[expect(clippy::ref_option, reason = "serde's form")]
pub(crate) fn optional_text<T: ToString, S: Serializer>(
    value: &Option<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(ToString::to_string).serialize(serializer)
}

/// Serializes a path by its text. One that is not UTF-8 must be recorded too.
pub(crate) fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// The same for a path that may be left out.
#[expect(clippy::ref_option, reason = "serde's form")]
pub(crate) fn optional_path_as_text<S: Serializer>(
    path: &Option<PathBuf>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}
