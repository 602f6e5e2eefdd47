use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Delays between attempts. They double from a tenth of a second up to a limit, with jitter, so that replicas don't
/// reconnect all at once.
#[derive(Debug)]
pub struct Backoff {
    max: Duration,
    delays: ExponentialBackoff,
}

impl Backoff {
    /// Creates delays that grow up to this one.
    #[must_use]
    pub fn up_to(max: Duration) -> Self {
        Self { max, delays: Self::from_start(max) }
    }

    /// How long to wait before the next attempt.
    pub fn next_delay(&mut self) -> Duration {
        self.delays.next().unwrap_or(self.max)
    }

    /// After a success that has lasted for a while, the delays start over with a short one. A success no longer than the
    /// longest delay does not count: otherwise something that always fails soon would be retried without pause.
    pub fn reset_after(&mut self, worked: Duration) {
        if worked > self.max {
            self.delays = Self::from_start(self.max);
        }
    }

    fn from_start(max: Duration) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            // Jitter adds up to the same amount again.
            .with_max_delay(max / 2)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build()
    }
}
