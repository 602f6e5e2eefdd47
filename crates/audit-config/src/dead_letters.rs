use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Bounded;

/// Section `[dead_letters]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DeadLettersConfig {
    /// Where those are kept that are discarded over HTTP.
    pub folder: PathBuf,
    /// The memory that those may take which are being looked at.
    pub max_bytes: Bounded<usize, 65_536, 1_073_741_824>,
}
