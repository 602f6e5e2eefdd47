#![doc = include_str!("../README.md")]

pub mod auth;

mod answers;
mod api;
mod app;
mod asking;
mod dead_letters;
mod page;
mod params;
mod problem;
mod router;
mod send_timeout;
mod server;
mod vitals;

pub use api::openapi;
pub use app::{App, Settings, Sources};
pub use server::serve;
pub use vitals::{Part, Vitals};
