#![doc = include_str!("../README.md")]

pub mod auth;

mod api;
mod app;
mod asking;
mod page;
mod params;
mod problem;
mod router;
mod server;
mod vitals;

pub use api::openapi;
pub use app::{App, Settings};
pub use server::serve;
pub use vitals::{Part, Vitals};
