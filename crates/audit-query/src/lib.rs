#![doc = include_str!("../README.md")]

mod access;
mod cursor;
mod entry;
mod error;
mod export;
mod extra;
mod filter;
pub mod format;
mod params;
mod queries;
mod range;
mod search;
mod spellings;
mod sql;
mod stats;
mod steps;
mod table;
mod tail;
mod timeline;

pub use audit_core::{Domain, store::OwnKind};
pub use sea_orm::DbErr;

pub use access::{Access, AccessLog, entity as access_entity};
pub use cursor::{Cursor, InvalidCursor};
pub use entry::{Details, Entry, Value};
pub use error::QueryError;
pub use export::Export;
pub use extra::Extra;
pub use filter::Filter;
pub use params::{InvalidParam, LONGEST_TEXT, MOST_VALUES, PARAMS, TEXT, can_be_kept, parse_time};
pub use queries::{Limits, Queries};
pub use range::{Range, TimeRange};
pub use search::{Order, Page, PageRequest};
pub use stats::{Bucket, Count, Dimension, Stats, StatsRequest};
pub use table::LogTable;
pub use tail::{InvalidPosition, Position, Tailed};
pub use timeline::{Found, Timeline, TimelineRequest, Via};
