//! Whether events are stored as they arrive, since when, and why not.
//!
//! Reasons are fixed texts, because anybody may see them: no addresses, no users, no content of events. Details are in the
//! log.

mod condition;
mod in_flight;
mod reason;
mod state;

pub use condition::{Condition, ConditionStatus};
pub(crate) use in_flight::ConsumerInFlight;
pub(crate) use reason::{NOT_CONNECTED, NOT_CONSUMED, not_consumed, not_dead_lettered, not_stored};
pub use state::{DomainState, IngestState};
