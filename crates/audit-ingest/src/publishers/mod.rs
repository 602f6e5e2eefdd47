//! What publishers do that somebody should hear of, although their events are stored.

mod future_events;
mod names;
mod unknown_content;

pub use future_events::is_in_future;
pub(crate) use future_events::{FutureEventWarnings, FutureEvents};
pub(crate) use names::PublisherNames;
pub(crate) use unknown_content::UnknownContent;
