//! Dead letters: messages that can never be stored. `audit-ingest` writes them, `audit-dead-letters` reads them.

pub mod headers;
mod reason;

pub use reason::DeadLetterReason;
