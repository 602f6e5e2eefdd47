#![doc = include_str!("../README.md")]

mod batch;
mod consumer;
mod counts;
mod dead_letter;
mod declare;
mod ingest;
mod pause;
mod settings;
mod store;
mod trace_id;
mod writer;

pub use counts::{Counted, Counts};
pub use ingest::Ingest;
pub use settings::{QueueType, Settings, Zones};
pub use store::{Inserted, Store, StoreError};
