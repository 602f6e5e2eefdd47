#![doc = include_str!("../README.md")]

pub mod actions;
mod event;

#[cfg(feature = "store")]
pub mod case;
#[cfg(feature = "store")]
mod consumer;
#[cfg(feature = "store")]
pub mod entity;

#[cfg(feature = "store")]
pub use consumer::ReservationSeatLog;
pub use event::ReservationSeatEvent;
