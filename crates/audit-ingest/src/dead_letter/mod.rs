//! Publishes copies of messages that can't be stored to the dead-letter exchange.

mod message;
mod publisher;
mod rejection;

pub(crate) use publisher::DeadLetterPublisher;
pub(crate) use rejection::Rejection;
