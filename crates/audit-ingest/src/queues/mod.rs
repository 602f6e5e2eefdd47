//! Exchanges and queues: declares them, checks how others declared them, and counts waiting messages.

mod declare;
mod declarer;
mod existing;
mod inequivalent_argument;
mod lengths;

pub(crate) use declare::{Declared, DomainQueues};
pub(crate) use declarer::WarnOfDifferences;
pub(crate) use lengths::QueueLengths;
