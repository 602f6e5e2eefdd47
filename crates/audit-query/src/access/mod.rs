//! The access log: who asked what, when, from where, and how much was answered.

mod action;
pub mod entity;
mod log;
mod record;
mod storable;
mod unrecorded;

pub use action::AccessAction;
pub use log::{AccessLog, NotRecorded, WhenUnrecordable};
pub use record::{AccessRecord, Accessor};
pub use unrecorded::{Attributed, Unrecorded};
