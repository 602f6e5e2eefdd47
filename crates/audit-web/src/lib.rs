#![doc = include_str!("../README.md")]

pub mod auth;

mod answers;
mod api;
mod app;
mod asking;
mod budget;
mod dead_letters;
mod exchange;
mod page;
mod params;
mod places;
mod problem;
mod read;
mod refusals;
mod router;
mod send_timeout;
mod server;
mod stay;
mod tls;
mod transport;
mod vitals;
mod watched;

pub use api::openapi;
pub use app::{App, Settings, Sources};
pub use server::serve;
pub use tls::{Tls, TlsError};
pub use vitals::{Part, Vitals};
