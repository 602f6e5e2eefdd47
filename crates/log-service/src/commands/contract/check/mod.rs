//! What would become of messages, said without storing them.

mod lines;
mod report;
mod verdict;
mod watching;

pub(super) use lines::files;
pub(super) use watching::watch;
