#![doc = include_str!("../README.md")]

pub mod check;
mod cli;
mod domains;
mod files;
pub mod new_domain;
mod places;

pub use cli::Args;
pub use domains::Domain;
pub use files::Files;
