use std::{env, fmt, path::PathBuf, str::FromStr, time::Duration};

use test_servers::PATIENCE;

/// How much is done, and in which order.
pub(crate) struct Plan {
    pub(crate) events: u64,
    pub(crate) faults: usize,
    pub(crate) seed: u64,
    /// The longest that the service may take to store new events of all domains, once a fault is over.
    pub(crate) recovery_limit: Duration,
    /// Where the report goes.
    pub(crate) report: Option<PathBuf>,
}

impl Plan {
    /// `CHAOS_EVENTS`, `CHAOS_FAULTS`, `CHAOS_SEED`, `CHAOS_RECOVERY_SECONDS` and `CHAOS_REPORT`; else the short form
    /// that tests run, on machines that may be busy.
    pub(crate) fn from_environment() -> Self {
        Self {
            events: variable("CHAOS_EVENTS").unwrap_or(20_000),
            faults: variable("CHAOS_FAULTS").unwrap_or(8),
            // It begins with eight faults of the worst kinds.
            seed: variable("CHAOS_SEED").unwrap_or(2432),
            recovery_limit: variable("CHAOS_RECOVERY_SECONDS").map_or(PATIENCE / 2, Duration::from_secs),
            report: variable("CHAOS_REPORT"),
        }
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} can't be read")))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events, {} faults, seed {}", self.events, self.faults, self.seed)
    }
}
