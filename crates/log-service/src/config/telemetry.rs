use serde::{Deserialize, Deserializer, de};
use tracing_subscriber::EnvFilter;

/// Section `[telemetry]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    /// Which messages are logged.
    #[serde(deserialize_with = "log_filter")]
    pub filter: EnvFilter,
    /// In which form.
    pub format: LogFormat,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

fn log_filter<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EnvFilter, D::Error> {
    EnvFilter::try_new(String::deserialize(deserializer)?).map_err(de::Error::custom)
}
