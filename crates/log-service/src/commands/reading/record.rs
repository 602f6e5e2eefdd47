use std::{env, fs, os::unix::fs::MetadataExt};

use audit_query::Access;
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::Value as Json;
use tracing::warn;

use super::Reading;

/// The longest name that the log of reading holds, in characters.
const LONGEST_NAME: usize = 255;

/// A read that stands nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the read can't be recorded, and reading.refuse_unrecorded refuses it then: {0}")]
pub(in crate::commands) struct Unrecorded(#[source] DbErr);

impl Reading<'_> {
    /// Records a read; nothing may be shown before. An error means that nothing may be shown at all.
    pub(in crate::commands) async fn record(
        &self,
        action: &'static str,
        resource: Option<&str>,
        question: &Json,
        rows: u64,
    ) -> Result<(), Unrecorded> {
        let recorded = self.access.record(Access {
            resource: resource.map(str::to_owned),
            question: Some(question.clone()),
            rows,
            ..Access::new(action, self.reader.clone(), "COMMAND_LINE")
        });
        match recorded.await {
            Err(error) if self.config.reading.refuse_unrecorded => Err(Unrecorded(error)),
            Err(error) => {
                warn!(%error, action, "the read can't be recorded");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// The arguments of a command as they were given; those that were not are left out.
pub(in crate::commands) fn question(args: &impl Serialize) -> Result<Json, serde_json::Error> {
    let mut question = serde_json::to_value(args)?;
    if let Some(fields) = question.as_object_mut() {
        fields.retain(|_, value| match value {
            Json::Null | Json::Bool(false) => false,
            Json::Array(values) => !values.is_empty(),
            _ => true,
        });
    }
    Ok(question)
}

/// The name of the system's user. It is as trustworthy as the environment is: the database's own log says who
/// connected.
#[expect(clippy::disallowed_methods, reason = "who runs the command")]
pub(super) fn reader() -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| {
        let name = env::var_os(name)?.to_string_lossy().into_owned();
        (!name.is_empty()).then_some(name)
    });
    let name = named.unwrap_or_else(|| match fs::metadata("/proc/self") {
        Ok(process) => format!("uid {}", process.uid()),
        Err(_) => "unknown".to_owned(),
    });
    name.chars().take(LONGEST_NAME).collect()
}
