#![doc = include_str!("../README.md")]

mod batch;
mod consume_error;
mod consumer;
mod dead_letter;
mod health;
mod ingest;
mod message;
pub mod metrics;
mod pipeline;
mod publishers;
mod queues;
mod settings;

pub use health::{Condition, ConditionStatus, DomainState, IngestState};
pub use ingest::Ingest;
pub use message::{SpringBatch, decode};
pub use metrics::{OutcomeCounters, OutcomeCounts};
pub use publishers::is_in_future;
pub use queues::{CheckedQueue, QueueState, check_queues};
pub use settings::{QueueType, Settings, Zones};
