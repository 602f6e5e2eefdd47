//! The broker's exchanges and queues: declared, or used as others declared them, and counted.

mod declare;
mod declarer;
mod existing;
mod inequivalent_argument;
mod lengths;

pub(crate) use declare::{Declared, DomainQueues};
pub(crate) use declarer::WarnOfDifferences;
pub(crate) use lengths::QueueLengths;
