use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

/// The time range of a query: from one instant up to, but not including, another. Either may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// The first instant.
    pub from: Option<DateTime<Utc>>,
    /// The instant after the last.
    pub to: Option<DateTime<Utc>>,
}

/// The time that an answer covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Range))]
pub struct ResolvedRange {
    /// The first instant; absent if there is no lower bound.
    pub from: Option<DateTime<Utc>>,
    /// The instant after the last; absent when it is open.
    pub to: Option<DateTime<Utc>>,
    /// Whether the question named no beginning, so that one was assumed.
    pub assumed: bool,
}

impl ResolvedRange {
    pub(crate) const ALL_TIME: Self = Self { from: None, to: None, assumed: false };
}

impl TimeRange {
    /// Adds a beginning where there is none: `default` before the end, or before now.
    pub(crate) fn or_last(self, default: Duration) -> ResolvedRange {
        let Self { from, to } = self;
        let assumed = from.is_none();
        let from = from.or_else(|| {
            to.unwrap_or_else(|| Utc::now().trunc_subsecs(6))
                .checked_sub_signed(chrono::Duration::from_std(default).ok()?)
        });
        ResolvedRange { from, to, assumed }
    }
}
