//! The outbox on a real RabbitMQ and real databases.
//!
//! All tests share one private RabbitMQ and one private PostgreSQL. Each has names and a database of its own.
#![expect(clippy::unwrap_used, reason = "tests: what goes wrong fails the test")]

mod away;
mod enqueueing;
mod example;
mod fixture;
mod killed;
mod order;
