use std::{fmt, sync::Arc, time::Duration};

use lapin::{
    Connection, ConnectionProperties,
    uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    frames::MessageBudget,
    handshake::{self, ConnectOptions},
};

/// Where the broker is and how to connect to it.
#[derive(Clone, Debug)]
pub struct Broker {
    /// Host name or address.
    pub host: String,
    /// Port, usually 5672, or 5671 with TLS.
    pub port: u16,
    /// Other nodes of the same cluster. For each connection, they are tried in turn if the first can't be reached.
    pub others: Vec<Address>,
    /// Virtual host.
    pub vhost: String,
    /// User.
    pub username: String,
    /// The user's password.
    pub password: SecretString,
    /// TLS (`amqps`), if it is used.
    pub tls: Option<Tls>,
    /// After twice this time without traffic, the connection counts as dead. Whole seconds.
    pub heartbeat: Duration,
    /// The timeout for connecting, and for each reply of the broker.
    pub timeout: Duration,
    /// The connection's name in the broker's management UI.
    pub connection_name: String,
}

/// The address of a node of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        // An IPv6 address contains colons itself.
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

/// How the broker's certificate is checked.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Certificates to trust besides those of the system, in PEM format.
    pub ca_pem: Option<String>,
}

/// Why there is no usable connection to the broker.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The broker has not answered in time.
    #[error("the broker at {address} did not answer within {timeout:?}")]
    TimedOut {
        /// Host and port.
        address: String,
        /// The timeout.
        timeout: Duration,
    },
    /// The broker, or the network, refused.
    #[error("can't connect to the broker at {address}: {source}")]
    Failed {
        /// Host and port.
        address: String,
        /// The error.
        source: lapin::Error,
    },
    /// No node of the cluster can be reached.
    #[error("{}", joined(.0))]
    NoNode(Vec<ConnectError>),
}

fn joined(errors: &[ConnectError]) -> String {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    errors.join("; ")
}

impl Broker {
    /// A broker on this machine: `localhost:5672`, user and password `guest`.
    #[must_use]
    pub fn local() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 5672,
            others: Vec::new(),
            vhost: "/".to_owned(),
            username: "guest".to_owned(),
            password: "guest".into(),
            tls: None,
            heartbeat: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
            connection_name: env!("CARGO_PKG_NAME").to_owned(),
        }
    }

    /// Host and port of each node, for error messages.
    #[must_use]
    pub fn address(&self) -> String {
        let nodes: Vec<_> = self.nodes().map(|node| node.to_string()).collect();
        nodes.join(", ")
    }

    /// All nodes, in the order in which they are tried.
    fn nodes(&self) -> impl Iterator<Item = Address> {
        let first = Address { host: self.host.clone(), port: self.port };
        std::iter::once(first).chain(self.others.iter().cloned())
    }

    /// Waits for a reply of the broker, no longer than the timeout.
    pub async fn with_timeout<T>(
        &self,
        step: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, ConnectError> {
        self.with_timeout_at(|| self.address(), step).await
    }

    async fn with_timeout_at<T>(
        &self,
        address: impl Fn() -> String,
        step: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, ConnectError> {
        tokio::time::timeout(self.timeout, step)
            .await
            .map_err(|_| ConnectError::TimedOut { address: address(), timeout: self.timeout })?
            .map_err(|source| ConnectError::Failed { address: address(), source })
    }

    /// Opens a connection to the first node that can be reached. A failed or dropped attempt leaves nothing behind.
    pub async fn connect(&self) -> Result<Connection, ConnectError> {
        self.connect_within(None).await
    }

    /// Opens a connection that reads no more messages than the budget has room for. Messages must be released in the order
    /// in which they arrived, requeued ones included.
    pub async fn connect_with_budget(&self, budget: &Arc<MessageBudget>) -> Result<Connection, ConnectError> {
        self.connect_within(Some(budget)).await
    }

    async fn connect_within(&self, budget: Option<&Arc<MessageBudget>>) -> Result<Connection, ConnectError> {
        let mut errors = Vec::new();
        for node in self.nodes() {
            match self.connect_to(&node, budget.cloned()).await {
                Ok(connection) => return Ok(connection),
                Err(error) => errors.push(error),
            }
        }
        if errors.len() > 1 {
            return Err(ConnectError::NoNode(errors));
        }
        Err(errors.remove(0))
    }

    async fn connect_to(
        &self,
        node: &Address,
        budget: Option<Arc<MessageBudget>>,
    ) -> Result<Connection, ConnectError> {
        let properties =
            ConnectionProperties::default().with_connection_name(self.connection_name.as_str().into());
        let options = ConnectOptions {
            tls: self.tls.clone(),
            timeout: self.timeout,
            heartbeat: self.heartbeat,
            budget,
        };
        let connecting = handshake::connect(self.uri(node), properties, options);
        self.with_timeout_at(|| node.to_string(), connecting).await
    }

    /// Built from its parts, because a URL would have to be escaped, and lapin parses `[::1]` and `/` wrongly.
    fn uri(&self, node: &Address) -> AMQPUri {
        AMQPUri {
            scheme: if self.tls.is_some() { AMQPScheme::AMQPS } else { AMQPScheme::AMQP },
            authority: AMQPAuthority {
                userinfo: AMQPUserInfo {
                    username: self.username.clone(),
                    password: self.password.expose_secret().to_owned(),
                },
                host: node.host.clone(),
                port: node.port,
            },
            vhost: self.vhost.clone(),
            query: AMQPQueryString {
                heartbeat: Some(u16::try_from(self.heartbeat.as_secs()).unwrap_or(u16::MAX)),
                ..AMQPQueryString::default()
            },
        }
    }
}
