use std::path::PathBuf;

use crate::private_server::PrivateServer;

/// A private RabbitMQ node; user and password are `guest`.
#[derive(Debug)]
pub struct RabbitMq(PrivateServer);

impl RabbitMq {
    /// Starts a node that takes plain connections.
    #[must_use]
    pub fn start() -> Self {
        Self(PrivateServer::run("rabbitmq", false, &[]))
    }

    /// Starts a node that takes TLS connections as well, for `localhost`.
    #[must_use]
    pub fn start_with_tls() -> Self {
        Self(PrivateServer::run("rabbitmq", true, &[]))
    }

    /// Starts a node that joins the cluster of another.
    pub(crate) fn start_in_cluster_of(other: &Self) -> Self {
        let dir = other.0.dir().to_str().expect("a folder's name");
        Self(PrivateServer::run("rabbitmq", false, &[("RABBITMQ_CLUSTER", dir)]))
    }

    /// Ends the node at once (`kill -9`).
    pub fn kill(&self) {
        self.0.command("kill", &[]);
    }

    /// Starts the node again, on the same ports with the same data.
    pub fn start_again(&self) {
        self.0.command("start", &[]);
    }

    /// The port of plain connections, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.variable("RABBITMQ_PORT").parse().expect("a port")
    }

    /// The port of TLS connections, on localhost.
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        self.0.variable("RABBITMQ_TLS_PORT").parse().expect("a port")
    }

    /// The certificate authority that signed the node's certificate.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.0.dir().join("tls/ca.pem")
    }

    /// Runs `rabbitmqctl` and returns its output.
    #[expect(clippy::must_use_candidate, reason = "mostly run for what it does")]
    pub fn ctl(&self, args: &[&str]) -> String {
        self.0.command("ctl", args)
    }
}
