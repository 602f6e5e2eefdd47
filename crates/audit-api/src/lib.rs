#![doc = include_str!("../README.md")]

mod access;
mod dead_letters;
mod domains;
mod event;
mod export;
mod export_stream;
mod health;
mod json;
mod logs;
mod metrics;
mod openapi;
mod operations;
mod routes;
mod stats;
mod stream_limit;
mod tail;
mod tail_stream;
mod timeline;

pub use openapi::openapi;
pub use routes::{operating_routes, routes};
