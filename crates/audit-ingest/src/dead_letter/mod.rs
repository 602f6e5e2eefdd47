//! Copies of what can't be stored, on the dead-letter exchange.

mod message;
mod publisher;
mod rejection;

pub(crate) use publisher::DeadLetterPublisher;
pub(crate) use rejection::Rejection;
