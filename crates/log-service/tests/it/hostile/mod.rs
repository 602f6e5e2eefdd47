//! What somebody may publish who means harm: the service goes on, every good event is stored in its own table, and
//! every other message ends on a dead-letter queue with a reason.

mod many_names;
mod unreadable;
mod wrong_domain;
