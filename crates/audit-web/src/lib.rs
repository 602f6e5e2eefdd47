#![doc = include_str!("../README.md")]

mod accessor;
mod caller;
mod concurrency;
pub mod dead_letters;
mod error;
mod health;
mod params;
mod problem;
pub mod queries;
mod recording;
mod rejection_log;
mod request_context;
mod response_memory;
mod response_watch;
mod row_budget;
mod server;
mod state;

pub use caller::{Caller, client_address};
pub use concurrency::{ConcurrencyLimit, LimitReached, Slot};
pub use error::{DeadLettersError, NotFound, RequestError};
pub use health::{Component, HealthSource};
pub use params::Params;
pub use problem::{ParamProblem, Problem};
pub use request_context::RequestContext;
pub use response_memory::{MemoryExhausted, MemoryPermit, ResponseMemory};
pub use row_budget::{Allowance, BudgetExceeded, has_row_budget};
pub use server::{ErrorRenderer, Routes, Tls, TlsError, serve};
pub use state::{AppState, Settings, Sources};
