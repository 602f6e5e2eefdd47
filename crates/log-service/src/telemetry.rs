use std::{
    fmt,
    io::{self, IsTerminal, Stderr, Write, stderr},
};

use audit_core::terminal::{visible, visible_json};
use tracing_subscriber::{
    EnvFilter, Layer,
    field::RecordFields,
    filter::{LevelFilter, filter_fn},
    fmt::{
        FormatFields,
        format::{DefaultFields, Writer},
        layer,
    },
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

use audit_config::{LogFormat, TelemetryConfig};

/// The most verbose levels of libraries whose log messages can hold whole messages and rows, which must not be logged. The
/// configuration can't raise them.
const MAX_LEVELS: [(&str, LevelFilter); 4] = [
    ("lapin", LevelFilter::WARN),
    ("lapin::returned_messages", LevelFilter::OFF),
    ("sea_orm", LevelFilter::WARN),
    ("sqlx", LevelFilter::WARN),
];

/// Sends log messages to standard error from now on.
pub fn start(config: &TelemetryConfig) {
    // The filter can't be cloned, so it is parsed again from its text.
    let filter = EnvFilter::new(config.filter.to_string());
    let reticent = filter_fn(|metadata| {
        let limit = MAX_LEVELS.iter().rev().find(|(target, _)| metadata.target().starts_with(target));
        limit.is_none_or(|(_, limit)| metadata.level() <= limit)
    });
    let lines = match config.format {
        LogFormat::Text => {
            let fields = VisibleFields(DefaultFields::new());
            layer().with_writer(stderr).fmt_fields(fields).with_ansi(stderr().is_terminal()).boxed()
        }
        LogFormat::Json => layer().with_writer(|| VisibleJson(stderr())).json().flatten_event(true).boxed(),
    };
    registry().with(lines.with_filter(reticent)).with(filter).init();
}

/// Messages and fields that no terminal obeys, whatever they quote.
struct VisibleFields(DefaultFields);

impl<'w> FormatFields<'w> for VisibleFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut text = String::new();
        self.0.format_fields(Writer::new(&mut text), fields)?;
        writer.write_str(&visible(&text))
    }
}

/// The same for lines of JSON. Each is written in one piece.
struct VisibleJson(Stderr);

impl Write for VisibleJson {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(visible_json(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
