//! The story of one case, over all domains.

mod answer;
mod case;
mod key;
mod links;
mod loading;
mod members;
mod names;
mod things;

use crate::{AccessAction, LogReader, QueryError, Unrecorded};

pub use answer::{Certainty, MatchedBy, Missing, Scope, Thing, Timeline, TimelineEvent, TimelineRequest};

impl LogReader {
    /// The events of one case in the order of time.
    pub async fn timeline(&self, request: &TimelineRequest) -> Result<Unrecorded<Timeline>, QueryError> {
        let timeline = self.with_timeout(case::find(self, request)).await?;
        let answer = Unrecorded::new(AccessAction::Timeline, timeline.events.len(), timeline);
        Ok(answer.about(request.key.trim()))
    }
}
