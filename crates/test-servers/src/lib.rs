#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, clippy::panic, reason = "test code: what goes wrong fails the test")]

mod postgresql;
mod private_server;
mod rabbitmq;

pub use postgresql::PostgreSql;
pub use rabbitmq::RabbitMq;
