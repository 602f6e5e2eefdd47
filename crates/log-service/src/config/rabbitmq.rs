use std::{fs, time::Duration};

use audit_core::publish::{Broker, Tls};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};

use super::{IngestConfig, bounded::Bounded};

/// Section `[rabbitmq]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RabbitConfig {
    host: String,
    port: Bounded<u16, 1, 65_535>,
    vhost: String,
    username: String,
    password: SecretString,
    tls: bool,
    tls_ca_file: CaFile,
    /// What all names start with.
    pub prefix: String,
    /// Unacknowledged messages for each domain.
    pub prefetch: Bounded<u16, 2, 65_535>,
    /// The kind of queue to declare.
    pub queue_type: QueueType,
    heartbeat_seconds: Bounded<u64, 1, 3600>,
    timeout_seconds: Bounded<u64, 1, 3600>,
}

/// The kind of queue to declare, as it stands in the configuration.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueueType {
    /// As the original.
    Classic,
    /// Replicated.
    Quorum,
}

impl From<QueueType> for audit_ingest::QueueType {
    fn from(queue_type: QueueType) -> Self {
        match queue_type {
            QueueType::Classic => Self::Classic,
            QueueType::Quorum => Self::Quorum,
        }
    }
}

/// The content of a file of certificates; nothing if no file is named.
#[derive(Debug)]
struct CaFile(Option<String>);

impl<'de> Deserialize<'de> for CaFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        if path.is_empty() {
            return Ok(Self(None));
        }
        let pem = fs::read_to_string(&path)
            .map_err(|error| de::Error::custom(format!("the file can't be read: {error}")))?;
        Ok(Self(Some(pem)))
    }
}

impl RabbitConfig {
    pub(super) fn broker(&self) -> Broker {
        Broker {
            host: self.host.clone(),
            port: self.port.get(),
            vhost: self.vhost.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
            tls: self.tls.then(|| Tls { ca_pem: self.tls_ca_file.0.clone() }),
            heartbeat: Duration::from_secs(self.heartbeat_seconds.get()),
            timeout: Duration::from_secs(self.timeout_seconds.get()),
            connection_name: "log-service".to_owned(),
        }
    }

    /// What no type can say, with the key that is to blame.
    pub(super) fn check(&self, ingest: &IngestConfig) -> Result<(), (&'static str, String)> {
        // AMQP has names of at most 255 bytes; those of queues are longer than the prefix.
        if self.prefix.is_empty() || self.prefix.len() > 100 {
            return Err(("rabbitmq.prefix", "it must have 1 to 100 bytes".to_owned()));
        }
        if self.vhost.len() > 255 {
            return Err(("rabbitmq.vhost", "it must have at most 255 bytes".to_owned()));
        }
        let least = 2 * u32::from(ingest.max_batch.get());
        if u32::from(self.prefetch.get()) < least {
            let problem = format!(
                "it must be at least {least}, twice ingest.max_batch, \
                 so that one batch collects while another is written"
            );
            return Err(("rabbitmq.prefetch", problem));
        }
        Ok(())
    }
}
