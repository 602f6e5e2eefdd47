use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Pauses between tries: from a tenth of a second they double up to a limit, with jitter, so that replicas do not
/// come back all at once.
#[derive(Debug)]
pub struct Pauses {
    longest: Duration,
    backoff: ExponentialBackoff,
}

impl Pauses {
    /// Pauses that grow up to this one.
    #[must_use]
    pub fn up_to(longest: Duration) -> Self {
        Self { longest, backoff: Self::from_the_start(longest) }
    }

    /// How long to wait now.
    #[expect(clippy::should_implement_trait, reason = "there is always a next one")]
    pub fn next(&mut self) -> Duration {
        self.backoff.next().unwrap_or(self.longest)
    }

    /// After something has worked for a while, the next failure's first pause is short again. A success that lasted
    /// no longer than a pause is none: it would be tried again without end.
    pub fn reset_after(&mut self, worked: Duration) {
        if worked > self.longest {
            self.backoff = Self::from_the_start(self.longest);
        }
    }

    fn from_the_start(longest: Duration) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(100))
            // Jitter adds up to as much again.
            .with_max_delay(longest / 2)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build()
    }
}
