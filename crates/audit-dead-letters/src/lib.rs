#![doc = include_str!("../README.md")]

mod dead_letters;
mod discard;
mod error;
mod headers;
mod id;
mod json;
mod letter;
mod ndjson;
mod overview;
mod progress;
mod queue_scan;
mod reason;
mod replay;
mod restore;
mod selection;
mod valid_json;

pub use dead_letters::DeadLetters;
pub use error::DeadLetterError;
pub use id::{InvalidId, LetterId};
pub use json::{InvalidValue, amqp_value};
pub use letter::DeadLetter;
pub use overview::{Count, Listing, Overview, Summary};
pub use progress::RepairProgress;
pub use queue_scan::{QueueScan, UnackedLetter, WINDOW};
pub use reason::Reason;
pub use replay::Replay;
pub use selection::Selection;
