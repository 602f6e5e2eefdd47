use serde::Deserialize;

use super::bounded::Bounded;

/// Section `[server]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    #[expect(dead_code, reason = "checked, so that a mistake is found now; nothing listens yet")]
    port: Bounded<u16, 1, 65_535>,
}
