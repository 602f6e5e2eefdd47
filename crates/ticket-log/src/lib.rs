#![doc = include_str!("../README.md")]

mod event;

#[cfg(feature = "store")]
mod consumer;
#[cfg(feature = "store")]
pub mod entity;

#[cfg(feature = "store")]
pub use consumer::TicketLog;
pub use event::TicketEvent;
