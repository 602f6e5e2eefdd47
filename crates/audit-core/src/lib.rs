#![doc = include_str!("../README.md")]

mod actions;
mod actor;
mod decimal;
mod domain;
mod event;
mod field;
mod text;
mod topology;
mod wire_time;

#[cfg(feature = "schema")]
pub mod contract;
pub mod dead_letter;
#[cfg(feature = "publish")]
pub mod publish;
#[cfg(feature = "store")]
pub mod store;
pub mod terminal;

pub use actions::Actions;
pub use actor::Actor;
pub use domain::Domain;
pub use event::AuditEvent;
pub use field::{FieldValue, FieldValueError, defaulted, optional, required};
pub use text::{Text, TextError};
pub use topology::Topology;
pub use wire_time::{WireTime, WireTimeError};
