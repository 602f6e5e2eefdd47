//! The configuration: `default.toml` is its manual. One section, one file.

mod bounded;
mod database;
mod dead_letters;
mod error;
mod ingest;
mod month;
mod rabbitmq;
mod reading;
mod show;
mod sources;
mod telemetry;
mod trust;
mod web;

use std::{ffi::OsString, path::Path};

use audit_core::{Topology, publish::Broker, store::DomainLog};
use audit_dead_letters::DeadLetters;
use figment::{Figment, value::Value};
use serde::{Deserialize, Serialize};

pub use database::{DatabaseConfig, PowerfulRole};
pub use dead_letters::DeadLettersConfig;
pub use error::ConfigError;
pub use ingest::IngestConfig;
pub use rabbitmq::RabbitConfig;
pub use reading::ReadingConfig;
pub use telemetry::{LogFormat, TelemetryConfig};
pub use web::WebConfig;

/// All defaults, with an explanation of every key.
pub const MANUAL: &str = include_str!("default.toml");

/// The effective configuration, every value checked.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the log is kept.
    pub database: DatabaseConfig,
    /// Where the events come from.
    pub rabbitmq: RabbitConfig,
    /// How they are stored.
    pub ingest: IngestConfig,
    /// What becomes of messages that can't be stored.
    pub dead_letters: DeadLettersConfig,
    /// What is logged.
    pub telemetry: TelemetryConfig,
    /// How it is read.
    pub reading: ReadingConfig,
    /// The page and the API.
    pub web: WebConfig,
}

/// A configuration, and where its values came from.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// The same, as they may be shown.
    values: Value,
    sources: Figment,
}

impl Loaded {
    /// Reads and checks all sources. `file` is the one that was asked for, if any.
    #[expect(clippy::disallowed_methods, reason = "the program's configuration: all else is given it")]
    pub fn read(file: Option<&Path>, domains: &[DomainLog]) -> Result<Self, ConfigError> {
        Self::read_from(file, std::env::vars_os(), domains)
    }

    /// The same, with other variables than those of the process.
    pub fn read_from(
        file: Option<&Path>,
        variables: impl Iterator<Item = (OsString, OsString)>,
        domains: &[DomainLog],
    ) -> Result<Self, ConfigError> {
        let sources = sources::all(file, variables)?;
        let mut config: Config =
            sources.extract().map_err(|error| ConfigError::from_figment(&error, &sources))?;
        let values =
            Value::serialize(&config).map_err(|error| ConfigError::from_figment(&error, &sources))?;
        let impossible = |key: &str, problem: String| ConfigError::at(key, problem, &values, &sources);
        config.database.complete().map_err(|error| impossible("database.read_url", error.to_string()))?;
        config.database.check().map_err(|(key, problem)| impossible(key, problem))?;
        config
            .ingest
            .check_domains(domains)
            .map_err(|problem| impossible("ingest.naive_time_zones", problem))?;
        config.telemetry.check().map_err(|(key, problem)| impossible(key, problem))?;
        config.web.check().map_err(|(key, problem)| impossible(key, problem))?;
        config.reading.check(&config.ingest).map_err(|(key, problem)| impossible(key, problem))?;
        config.rabbitmq.check(&config.ingest).map_err(|(key, problem)| impossible(key, problem))?;
        Ok(Self { config, values, sources })
    }

    /// The effective values as TOML, each with its source. Secrets are hidden.
    #[must_use]
    pub fn show(&self) -> String {
        show::effective(&self.values, &self.sources)
    }
}

impl Config {
    /// The broker to connect to.
    #[must_use]
    pub fn broker(&self) -> Broker {
        self.rabbitmq.broker()
    }

    /// The names of exchanges and queues.
    #[must_use]
    pub fn topology(&self) -> Topology {
        Topology::with_prefix(self.rabbitmq.prefix.clone())
    }

    /// The way to the dead letters of these domains.
    #[must_use]
    pub fn dead_letters(&self, domains: &[DomainLog]) -> DeadLetters {
        let domains = domains.iter().map(DomainLog::domain).collect();
        DeadLetters::new(self.broker(), self.topology(), domains, self.dead_letters.max_bytes.get())
    }

    /// What ingest needs to know.
    #[must_use]
    pub fn ingest_settings(&self) -> audit_ingest::Settings {
        audit_ingest::Settings {
            broker: self.broker(),
            topology: self.topology(),
            queue_type: self.rabbitmq.queue_type.into(),
            prefetch: self.rabbitmq.prefetch.get(),
            max_unacknowledged_bytes: self.rabbitmq.max_unacknowledged_bytes.get(),
            max_batch: self.ingest.max_batch.get().into(),
            max_body_bytes: self.ingest.max_body_bytes.get(),
            zones: self.ingest.zones(),
            months_ahead: self.database.months_ahead(),
            read_actions: self.ingest.read_actions.clone(),
            max_pause: self.ingest.max_pause(),
        }
    }
}
