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
mod held;
mod ingest;
pub mod metrics;
mod prefetch;
mod queues;
mod settings;
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
pub use state::{Condition, DomainState, Now, State};
pub use store::{Inserted, ROUNDING, Store, StoreError, id_reach, month_of};
