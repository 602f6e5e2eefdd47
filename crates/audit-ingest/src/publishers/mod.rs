//! Unusual content and clocks of publishers. Such events are stored, but operators should know.

mod future_events;
mod names;
mod unknown_content;

pub use future_events::is_in_future;
pub(crate) use future_events::{FutureEventWarnings, FutureEvents};
pub(crate) use names::PublisherNames;
pub(crate) use unknown_content::UnknownContent;
