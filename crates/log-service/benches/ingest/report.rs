use std::{fmt, fs, path::PathBuf};

use serde::Serialize;

/// What was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) drain_limit: f64,
    pub(crate) end_to_end: f64,
    pub(crate) per_message: f64,
    pub(crate) mixed_end_to_end: f64,
    pub(crate) latency_p50_ms: f64,
    pub(crate) latency_p99_ms: f64,
    pub(crate) cpu_us_per_event: f64,
    pub(crate) peak_rss_mib: f64,
}

impl Report {
    /// Writes `target/bench/latest.json`.
    pub(crate) fn write(&self) {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
        let folder = target.join("bench");
        fs::create_dir_all(&folder).expect("the folder target/bench");
        let json = serde_json::to_string_pretty(self).expect("the report as JSON");
        fs::write(folder.join("latest.json"), json + "\n").expect("target/bench/latest.json");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |name: &str, value: f64, unit: &str, goal: String| {
            writeln!(f, "{name:<18} {value:>10.1}  {unit:<14}  {goal}")
        };
        let (single, limit) = (self.end_to_end, self.drain_limit);
        line("drain_limit", limit, "events/s", "what this machine can do at most".to_owned())?;
        line("end_to_end", single, "events/s", format!("{:.2} x drain_limit; goal >= 0.70", single / limit))?;
        let times = single / self.per_message;
        line(
            "per_message",
            self.per_message,
            "events/s",
            format!("end_to_end is {times:.1} x this; goal >= 15"),
        )?;
        let mixed = self.mixed_end_to_end;
        line(
            "mixed_end_to_end",
            mixed,
            "events/s",
            format!("{:.2} x end_to_end; goal >= 0.9", mixed / single),
        )?;
        line("latency_p50_ms", self.latency_p50_ms, "ms", String::new())?;
        line("latency_p99_ms", self.latency_p99_ms, "ms", "goal <= 15".to_owned())?;
        line("cpu_us_per_event", self.cpu_us_per_event, "microseconds", "goal <= 10".to_owned())?;
        line("peak_rss_mib", self.peak_rss_mib, "MiB", "goal <= 64".to_owned())
    }
}

/// The middle one of an odd number of figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
