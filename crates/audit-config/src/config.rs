use audit_core::{Topology, publish::Broker, store::DomainLog};
use audit_database::Database;
use audit_dead_letters::DeadLetters;
use serde::{Deserialize, Serialize};

use crate::{
    DatabaseConfig, DeadLettersConfig, IngestConfig, RabbitConfig, ReadingConfig, TelemetryConfig, WebConfig,
};

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
    /// Messages that can't be stored.
    pub dead_letters: DeadLettersConfig,
    /// What is logged.
    pub telemetry: TelemetryConfig,
    /// How it is read.
    pub reading: ReadingConfig,
    /// The page and the API.
    pub web: WebConfig,
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

    /// The database, not open yet.
    #[must_use]
    pub fn database(&self) -> Database {
        let DatabaseConfig { url, read_url, schema, first_month, migrate_at_start, .. } = &self.database;
        Database::new(audit_database::Settings {
            url: url.clone(),
            read_url: read_url.clone(),
            schema: schema.clone(),
            first_month: *first_month,
            migrate_at_start: *migrate_at_start,
            writers: self.database.pool(),
            readers: self.reading.pool(),
        })
    }

    /// The dead letters of these domains.
    #[must_use]
    pub fn dead_letters(&self, domains: &[DomainLog]) -> DeadLetters {
        let domains = domains.iter().map(DomainLog::domain).collect();
        DeadLetters::new(self.broker(), self.topology(), domains, self.dead_letters.max_bytes.get())
    }

    /// The settings of ingest.
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
