#![doc = include_str!("../README.md")]

mod actions;
mod event;

#[cfg(feature = "store")]
mod consumer;
#[cfg(feature = "store")]
pub mod entity;

pub use actions::ACTIONS;
#[cfg(feature = "store")]
pub use consumer::TicketLog;
pub use event::TicketEvent;
