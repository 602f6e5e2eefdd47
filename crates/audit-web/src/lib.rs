#![doc = include_str!("../README.md")]

pub mod auth;

mod api;
mod app;
mod asking;
mod dead_letters;
mod page;
mod params;
mod problem;
mod router;
mod server;

pub use api::openapi;
pub use app::{App, Settings};
pub use server::serve;
