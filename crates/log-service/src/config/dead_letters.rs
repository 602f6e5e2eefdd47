use std::path::PathBuf;

use serde::Deserialize;

/// Section `[dead_letters]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersConfig {
    /// Where those are kept that are discarded over HTTP.
    pub folder: PathBuf,
}
