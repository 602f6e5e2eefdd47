#![doc = include_str!("../README.md")]
#![expect(
    clippy::disallowed_methods,
    reason = "programs under test get an environment without our variables"
)]
#![expect(clippy::expect_used, clippy::panic, reason = "test code: what goes wrong fails the test")]

mod browser;
mod cluster;
mod example;
mod postgresql;
mod private_server;
mod prometheus;
mod rabbitmq;
mod raw_publisher;
mod running;

pub use browser::Browser;
pub use cluster::RabbitMqCluster;
pub use example::example;
pub use postgresql::PostgreSql;
pub use private_server::make_certificate;
pub use prometheus::{Prometheus, promtool};
pub use rabbitmq::RabbitMq;
pub use raw_publisher::{RawMessage, RawPublisher, long_string, nested_headers, short_string};
pub use running::{PATIENCE, Running, Stopped, unconfigured};
