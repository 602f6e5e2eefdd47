#![doc = include_str!("../README.md")]

mod columns;
mod digest;
mod error;
mod event;
mod group;
mod import;
mod report;
mod snapshot;
mod source;
mod source_reader;
mod target;

pub use digest::Checksum;
pub use error::ImportError;
pub use import::{Import, Pass, Progress};
pub use report::{Difference, DifferenceKind, Report};
pub use source::{SourceDatabase, SourceTable};
