use std::io::{IsTerminal, stderr};

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, filter_fn},
    fmt::layer,
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

use crate::config::{LogFormat, TelemetryConfig};

/// What these libraries log can hold whole messages and rows, which have no place in a log: nothing of theirs
/// below these levels is logged, whatever the configuration says.
const AT_MOST: [(&str, LevelFilter); 4] = [
    ("lapin", LevelFilter::WARN),
    ("lapin::returned_messages", LevelFilter::OFF),
    ("sea_orm", LevelFilter::WARN),
    ("sqlx", LevelFilter::WARN),
];

/// Sends log messages to standard error from now on.
pub fn start(config: &TelemetryConfig) {
    // A copy, as the filter itself can't be cloned: its text form reads back the same.
    let filter = EnvFilter::new(config.filter.to_string());
    let reticent = filter_fn(|metadata| {
        let limit = AT_MOST.iter().rev().find(|(target, _)| metadata.target().starts_with(target));
        limit.is_none_or(|(_, limit)| metadata.level() <= limit)
    });
    let lines = layer().with_writer(stderr);
    let lines = match config.format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    registry().with(lines.with_filter(reticent)).with(filter).init();
}
