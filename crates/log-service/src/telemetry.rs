use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, TelemetryConfig};

/// Sends log messages to standard error from now on.
pub fn start(config: &TelemetryConfig) {
    // A copy, as the filter itself can't be cloned: its text form reads back the same.
    let filter = EnvFilter::new(config.filter.to_string());
    let lines = fmt().with_env_filter(filter).with_writer(stderr);
    match config.format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
