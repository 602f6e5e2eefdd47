//! Metrics: where they are collected, and those that are the process's own.

use audit_ingest::metrics::{BUCKETS, describe};
use metrics::{describe_gauge, gauge, set_global_recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
    process: Collector,
}

impl Metrics {
    /// Collects metrics from now on. Those that were made before are lost.
    pub fn collect() -> Result<Self, Box<dyn std::error::Error>> {
        let mut builder = PrometheusBuilder::new();
        for (name, buckets) in BUCKETS {
            builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)?;
        }
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        set_global_recorder(recorder)?;
        describe();
        describe_gauge!("log_service_build_info", "The version that runs, as a label; always 1.");
        gauge!("log_service_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        let process = Collector::default();
        process.describe();
        Ok(Self { handle, process })
    }

    /// The metrics as they are now, in the text form of Prometheus.
    #[must_use]
    pub fn text(&self) -> String {
        self.process.collect();
        self.handle.render()
    }

    /// Drains the histograms, which keep every value until then. That must not depend on being scraped.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }
}
