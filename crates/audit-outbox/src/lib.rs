#![doc = include_str!("../README.md")]

mod enqueue;
mod entity;
mod lane;
mod migration;
mod relay;

pub use enqueue::{EnqueueError, enqueue, enqueue_traced};
pub use migration::Migration;
pub use relay::{Relay, RelaySettings};
