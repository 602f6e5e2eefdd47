//! The broker's exchanges and queues: declared, or used as others declared them, checked and counted.

mod check;
mod declare;
mod declarer;
mod existing;
mod inequivalent_argument;
mod lengths;
mod probe;

pub use check::{CheckedQueue, QueueState, check_queues};
pub(crate) use declare::{Declared, DomainQueues};
pub(crate) use declarer::WarnOfDifferences;
pub(crate) use lengths::QueueLengths;
