#![doc = include_str!("../README.md")]

mod access;
mod bucket;
mod chunk;
mod clocks;
mod cursor;
mod dimension;
mod entry;
mod error;
mod event;
mod export;
mod extra;
mod filter;
mod final_numbers;
pub mod format;
mod horizon;
mod limits;
mod order;
mod partitions;
mod position;
mod reader;
mod search;
mod sql;
mod stats;
mod table;
mod tail;
mod time_range;
mod time_slice;
mod time_slices;
mod timeline;

pub use audit_core::{Domain, store::OwnKind};
pub use sea_orm::DbErr;

pub use access::{
    AccessAction, AccessLog, AccessRecord, Accessor, Attributed, NotRecorded, Unrecorded, WhenUnrecordable,
    entity as access_entity,
};
pub use bucket::Bucket;
pub use cursor::{Cursor, InvalidCursor};
pub use dimension::Dimension;
#[cfg(feature = "openapi")]
pub use entry::ColumnValue;
pub use entry::{Details, Entry, Value};
pub use error::QueryError;
pub use export::Export;
pub use extra::Extra;
pub use filter::{
    AFTER_FROM, FILTER_PARAMS, Filter, FilterParam, FilterSection, InvalidParam, Localized, ONE_VALUE,
    ParamKind, TEXT, fits_column, parse_time,
};
pub use limits::{AnswerSize, Limits, MAX_TEXT_CHARS, MAX_VALUES, PAGE_SIZE, TIMELINE_SIZE};
pub use order::Order;
pub use position::{InvalidPosition, Position};
pub use reader::LogReader;
pub use search::{Page, PageRequest};
pub use stats::{Count, Stats, StatsRequest};
pub use table::LogTable;
pub use tail::{TAIL_INTERVAL, Tail, TailBatch};
pub use time_range::{ResolvedRange, TimeRange};
pub use timeline::{Certainty, MatchedBy, Missing, Scope, Thing, Timeline, TimelineEvent, TimelineRequest};
