//! log-service as its users run it: the real program, on a real RabbitMQ and real databases.
//!
//! All tests share one private RabbitMQ and one private PostgreSQL. Each has a prefix and a database of its
//! own, so that they run side by side.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what goes wrong fails the test")]
#![expect(clippy::disallowed_methods, reason = "tests are told by variables what to do")]

mod append_only;
mod broker;
mod check;
mod cloud_events;
mod command_line;
mod configuration;
mod contract;
mod dead_letters;
mod declared_by_others;
mod duplicates;
mod encodings;
mod faults;
mod fixture;
#[cfg(feature = "heavy-tests")]
mod heavy;
mod hostile;
mod import;
mod languages;
mod large_events;
mod load;
mod migrations;
mod partitions;
mod poison;
mod private_files;
mod promises;
mod publisher;
mod reading;
mod roles;
mod same_id;
mod samples;
mod shutdown;
mod spring_batches;
mod starts;
mod store;
mod stories;
mod tables;
mod traces;
mod values;
mod web;
