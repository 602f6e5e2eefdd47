#![doc = include_str!("../README.md")]

mod ahead;
mod batch;
mod cloud_event;
mod consumer;
mod counts;
mod dead_letter;
mod declare;
mod decode;
mod difference;
mod encoding;
mod flaws;
mod header_size;
mod held;
mod ingest;
pub mod metrics;
mod original;
mod prefetch;
mod queues;
mod settings;
mod spring_batch;
mod state;
mod store;
mod trace;
mod trace_id;
mod trouble;
mod unknown;
mod unpartitioned;
mod writer;

pub use ahead::is_ahead;
pub use counts::{Counted, Counts};
pub use decode::decode;
pub use ingest::Ingest;
pub use settings::{QueueType, Settings, Zones};
pub use spring_batch::SpringBatch;
pub use state::{Condition, DomainState, Now, State};
pub use store::{Inserted, ROUNDING, Store, StoreError, in_reach_of, month_of};
