#![doc = include_str!("../README.md")]

mod dead_letters;
mod discard;
mod error;
mod headers;
mod id;
mod json;
mod letter;
mod look;
mod ndjson;
mod overview;
mod readable;
mod reason;
mod replay;
mod restore;
mod selection;
mod tally;

pub use dead_letters::DeadLetters;
pub use error::DeadLetterError;
pub use id::{InvalidId, LetterId};
pub use json::{InvalidValue, amqp_value};
pub use letter::DeadLetter;
pub use look::{Held, Look, WINDOW};
pub use overview::{Count, Listing, Overview, Summary};
pub use reason::Reason;
pub use replay::Replay;
pub use selection::Selection;
pub use tally::Tally;
