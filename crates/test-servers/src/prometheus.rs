use std::process::Command;

use crate::private_server::{PrivateServer, check};

/// A Prometheus that scrapes one log-service each second, with the rules of `deploy/monitoring`.
#[derive(Debug)]
pub struct Prometheus(PrivateServer);

impl Prometheus {
    /// Starts one that scrapes a host and port.
    #[must_use]
    pub fn of(target: &str) -> Self {
        Self(PrivateServer::run("prometheus", false, &[("PROMETHEUS_TARGET", target)]))
    }

    /// Where its API is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.variable("PROMETHEUS_PORT"))
    }
}

/// Runs Prometheus' own tool, which checks files; returns what it prints.
#[expect(clippy::must_use_candidate, reason = "mostly run for what it does")]
pub fn promtool(args: &[&str]) -> String {
    check("promtool", &Command::new("promtool").args(args).output().expect("promtool"))
}
