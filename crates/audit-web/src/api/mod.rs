//! The API: one question, one file. Every answer about events is recorded before it is given.

mod access;
mod dead_letters;
mod domains;
mod event;
mod export;
mod export_stream;
mod follower;
mod health;
mod logs;
mod metrics;
mod openapi;
mod stats;
mod tail;
mod timeline;

pub use openapi::openapi;

pub(crate) use dead_letters::{chosen as chosen_letters, selection_of as selected_letters};
pub(crate) use event::{EventById, find as find_event};
pub(crate) use logs::{PAGING, page_request};
pub(crate) use openapi::{document, operating_routes, routes};
pub(crate) use timeline::timeline_request;
