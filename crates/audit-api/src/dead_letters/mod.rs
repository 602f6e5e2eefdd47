//! Messages that could not be stored: inspecting and repairing them.

mod export;
mod letters;
mod repair;

pub(super) use export::*;
pub(super) use letters::*;
pub(super) use repair::*;
