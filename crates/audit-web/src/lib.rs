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
mod tls;
mod transport;
mod vitals;

pub use api::openapi;
pub use app::{App, Settings, Sources};
pub use server::serve;
pub use tls::{Tls, TlsError};
pub use vitals::{Part, Vitals};
