#![doc = include_str!("../README.md")]

mod columns;
mod digest;
mod error;
mod event;
mod group;
mod import;
mod original;
mod ours;
mod report;
mod snapshot;
mod walk;

pub use digest::Checksum;
pub use error::ImportError;
pub use import::{Import, Pass, Progress};
pub use original::{Original, OriginalTable};
pub use report::{Report, Trouble, What};
