#![doc = include_str!("../README.md")]

mod bounded;
mod config;
mod database;
mod dead_letters;
mod error;
mod file_trust;
mod ingest;
mod loaded;
mod manual;
mod rabbitmq;
mod reading;
mod show;
mod sources;
mod telemetry;
mod web;

pub use bounded::Bounded;
pub use config::Config;
pub use database::{DatabaseConfig, PowerfulRole};
pub use dead_letters::DeadLettersConfig;
pub use error::ConfigError;
pub use ingest::IngestConfig;
pub use loaded::Loaded;
pub use manual::MANUAL;
pub use rabbitmq::{QueueType, RabbitConfig};
pub use reading::ReadingConfig;
pub use telemetry::{LogFormat, TelemetryConfig};
pub use web::WebConfig;
