//! Messages that could not be stored: looked at and repaired.

mod choice;
mod export;
mod letters;
mod repair;

pub(super) use choice::LONGEST_REASON;
pub(crate) use choice::{chosen, selection_of};
pub(super) use export::*;
pub(super) use letters::*;
pub(super) use repair::*;
