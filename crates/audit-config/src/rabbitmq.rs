use std::{fs, net::Ipv6Addr, time::Duration};

use audit_core::publish::{Address, Broker, Tls};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Bounded, IngestConfig, error::Invalid, show::hidden};

/// Section `[rabbitmq]`.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RabbitConfig {
    host: Nodes,
    port: Bounded<u16, 1, 65_535>,
    vhost: String,
    username: String,
    #[serde(serialize_with = "hidden")]
    password: SecretString,
    tls: bool,
    tls_ca_file: CaFile,
    /// The prefix of all names.
    pub prefix: String,
    /// Unacknowledged messages for each domain.
    pub prefetch: Bounded<u16, 2, 65_535>,
    /// The most memory that they take.
    pub max_unacknowledged_bytes: Bounded<usize, 65_536, 1_073_741_824>,
    /// The kind of queue to declare.
    pub queue_type: QueueType,
    heartbeat_seconds: Bounded<u64, 1, 3600>,
    timeout_seconds: Bounded<u64, 1, 3600>,
}

/// The kind of queue to declare.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum QueueType {
    /// As the original service has them.
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

/// The nodes of a broker: `host` or `host:port`, separated by commas. An IPv6 address with a port is in brackets.
#[derive(Debug, PartialEq, Eq)]
struct Nodes {
    /// As they were written.
    text: String,
    first: Node,
    others: Vec<Node>,
}

/// A host, and its port if it differs from `rabbitmq.port`.
#[derive(Debug, PartialEq, Eq)]
struct Node {
    host: String,
    port: Option<u16>,
}

impl Node {
    fn read(text: &str) -> Option<Self> {
        let (host, port) = match (text.strip_prefix('['), text.matches(':').count()) {
            (Some(bracketed), _) => {
                let (host, rest) = bracketed.split_once(']').filter(|(host, _)| is_ipv6(host))?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
            }
            (None, 0) => (text, None),
            (None, 1) => text.split_once(':').map(|(host, port)| (host, Some(port)))?,
            (None, _) if is_ipv6(text) => (text, None),
            // Such as a URL.
            (None, _) => return None,
        };
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
            None => None,
        };
        (!host.is_empty()).then(|| Self { host: host.to_owned(), port })
    }
}

/// An IPv6 address, perhaps with its interface: `fe80::1%eth0`.
fn is_ipv6(host: &str) -> bool {
    let (address, _) = host.split_once('%').unwrap_or((host, ""));
    address.parse::<Ipv6Addr>().is_ok()
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut nodes = text.split(',').map(|node| Node::read(node.trim()));
        let first = nodes.next().flatten();
        let others: Option<_> = nodes.collect();
        first.zip(others).map(|(first, others)| Self { text, first, others }).ok_or_else(|| {
            de::Error::custom(
                "it must be a host, or several with or without a port: rabbit-1,rabbit-2:5673,[::1]:5672",
            )
        })
    }
}

impl Serialize for Nodes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

/// A file of certificates and its content. An empty path means none.
#[derive(Debug)]
struct CaFile {
    path: String,
    pem: Option<String>,
}

impl<'de> Deserialize<'de> for CaFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = String::deserialize(deserializer)?;
        if path.is_empty() {
            return Ok(Self { path, pem: None });
        }
        let pem = fs::read_to_string(&path)
            .map_err(|error| de::Error::custom(format!("the file can't be read: {error}")))?;
        Ok(Self { path, pem: Some(pem) })
    }
}

impl Serialize for CaFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.path.serialize(serializer)
    }
}

impl RabbitConfig {
    pub(crate) fn broker(&self) -> Broker {
        let port = |node: &Node| node.port.unwrap_or(self.port.get());
        let address = |node: &Node| Address { host: node.host.clone(), port: port(node) };
        Broker {
            host: self.host.first.host.clone(),
            port: port(&self.host.first),
            others: self.host.others.iter().map(address).collect(),
            vhost: self.vhost.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
            tls: self.tls.then(|| Tls { ca_pem: self.tls_ca_file.pem.clone() }),
            heartbeat: Duration::from_secs(self.heartbeat_seconds.get()),
            timeout: Duration::from_secs(self.timeout_seconds.get()),
            connection_name: "log-service".to_owned(),
        }
    }

    /// Checks what no type can.
    pub(crate) fn check(&self, ingest: &IngestConfig) -> Result<(), Invalid> {
        // AMQP allows names of at most 255 bytes, and those of queues are longer than the prefix.
        if self.prefix.is_empty() || self.prefix.len() > 100 {
            return Err(Invalid::new("rabbitmq.prefix", "it must have 1 to 100 bytes"));
        }
        if self.vhost.len() > 255 {
            return Err(Invalid::new("rabbitmq.vhost", "it must have at most 255 bytes"));
        }
        let least = 2 * u32::from(ingest.max_batch.get());
        if u32::from(self.prefetch.get()) < least {
            let problem = format!(
                "it must be at least {least}, twice ingest.max_batch, \
                 so that one batch collects while another is written"
            );
            return Err(Invalid::new("rabbitmq.prefetch", problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_a_host_with_or_without_a_port() {
        let node = |host: &str, port| Some(Node { host: host.to_owned(), port });
        for (text, read) in [
            ("rabbit", node("rabbit", None)),
            ("rabbit:5673", node("rabbit", Some(5673))),
            ("::1", node("::1", None)),
            ("[::1]", node("::1", None)),
            ("[::1]:5673", node("::1", Some(5673))),
            ("", None),
            (":5672", None),
            ("rabbit:", None),
            ("rabbit:0", None),
            ("rabbit:65536", None),
            ("fe80::1%eth0", node("fe80::1%eth0", None)),
            ("amqp://user:secret@rabbit", None),
            ("rabbit:5672:5673", None),
            ("[rabbit]:5672", None),
            ("[::1", None),
            ("[::1]5672", None),
        ] {
            assert_eq!(Node::read(text), read, "{text}");
        }
    }
}
