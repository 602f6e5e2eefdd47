use std::time::Duration;

use audit_database::PoolSettings;
use audit_query::{Limits, WhenUnrecordable};
use serde::{Deserialize, Serialize};

use crate::{Bounded, IngestConfig, error::Invalid};

/// Section `[reading]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingConfig {
    default_days: Bounded<u64, 1, 3650>,
    timeout_seconds: Bounded<u64, 1, 3600>,
    answer_seconds: Bounded<u64, 1, 3600>,
    /// The most connections of readers.
    pub max_connections: Bounded<u32, 1, 1000>,
    max_page_bytes: Bounded<usize, 65_536, 1_073_741_824>,
    /// The most memory that all answers take together.
    pub max_answer_bytes: Bounded<usize, 131_072, 4_294_967_295>,
    /// The most rows of an export.
    pub export_rows: Bounded<u64, 1, 1_000_000_000>,
    export_seconds: Bounded<u64, 1, 86_400>,
    /// The most rows of events that a reader with the role `support` is given in a day.
    pub support_rows_per_day: Bounded<u64, 1, 1_000_000_000>,
    support_tail_minutes: Bounded<u64, 0, 525_600>,
    /// Whether answers are refused whose access can't be recorded.
    pub refuse_unrecorded: bool,
}

impl ReadingConfig {
    /// The bounds of the pool that reads.
    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings { max_connections: self.max_connections.get(), timeout: self.timeout() }
    }

    /// The longest that the database may take to answer one question.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds.get())
    }

    /// The longest that one answer may take, from the question to its last byte.
    #[must_use]
    pub fn answer_time(&self) -> Duration {
        Duration::from_secs(self.answer_seconds.get())
    }

    /// The longest that an export may take.
    #[must_use]
    pub fn export_time(&self) -> Duration {
        Duration::from_secs(self.export_seconds.get())
    }

    /// How far back a reader with the role `support` may begin to follow.
    #[must_use]
    pub fn support_tail(&self) -> Duration {
        Duration::from_secs(60 * self.support_tail_minutes.get())
    }

    /// What happens to an answer whose access can't be recorded.
    #[must_use]
    pub fn when_unrecordable(&self) -> WhenUnrecordable {
        if self.refuse_unrecorded { WhenUnrecordable::Refuse } else { WhenUnrecordable::Warn }
    }

    /// What one question may cost.
    #[must_use]
    pub fn limits(&self) -> Limits {
        const DAY: Duration = Duration::from_hours(24);
        let days = u32::try_from(self.default_days.get()).unwrap_or(u32::MAX);
        Limits {
            default_range: DAY.saturating_mul(days),
            timeout: self.timeout(),
            max_bytes: self.max_page_bytes.get(),
        }
    }

    pub(crate) fn check(&self, ingest: &IngestConfig) -> Result<(), Invalid> {
        let (page, all) = (self.max_page_bytes.get(), self.max_answer_bytes.get());
        // PostgreSQL adds white space to JSON.
        let least = 2 * ingest.max_body_bytes.get();
        if page < least {
            let problem = format!(
                "it must be at least {least}, twice ingest.max_body_bytes, so that each event can be read"
            );
            return Err(Invalid::new("reading.max_page_bytes", problem));
        }
        let least = 2 * page;
        if all < least {
            let problem = format!(
                "it must be at least {least}, twice reading.max_page_bytes: an answer is in memory as it was read and as \
                 it is sent"
            );
            return Err(Invalid::new("reading.max_answer_bytes", problem));
        }
        Ok(())
    }
}
