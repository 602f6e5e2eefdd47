#![doc = include_str!("../README.md")]

mod database;
mod error;
mod month;
mod pool;
mod role;
mod settings;
mod sockets;
mod url;

pub use database::Database;
pub use error::DatabaseError;
pub use month::{InvalidMonth, Month};
pub use role::{PowerList, RoleError};
pub use settings::{PoolSettings, Settings};
pub use url::{DatabaseUrl, DatabaseUrlError, PostgresUrl, SqliteUrl, redact_credentials};
