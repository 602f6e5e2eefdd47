use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Bounded;

/// Section `[dead_letters]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersConfig {
    /// The folder for dead letters that are discarded over HTTP.
    pub folder: PathBuf,
    /// The most memory that a scan of dead letters takes.
    pub max_bytes: Bounded<usize, 65_536, 1_073_741_824>,
}
