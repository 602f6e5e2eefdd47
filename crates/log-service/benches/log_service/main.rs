//! How fast log-service is: storing, beside what the machine could do at most and what one message at a time does;
//! and reading, in logs of five million events.
//!
//! `just bench` runs it: it starts a private RabbitMQ and PostgreSQL, prints tables, and writes
//! `target/bench/latest.json`. `just bench ingest` runs a part, and so do `replicas`, `publishing`, `reading` and
//! `stories`, whose log `BENCH_EVENTS` makes smaller or larger.
//! Absolute figures depend on the machine; the ratios are what to look at.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark: what goes wrong ends it")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads its own environment")]

mod database;
#[path = "../../src/domains.rs"]
mod domains;
mod events;
mod ingest;
mod publishing;
mod reading;
mod replicas;
mod report;
mod rounds;
mod service;

use std::process::Command;

use audit_core::publish::Broker;
use test_servers::{PostgreSql, RabbitMq};

/// The private servers.
struct Servers {
    rabbitmq: RabbitMq,
    postgresql: PostgreSql,
}

impl Servers {
    fn broker(&self) -> Broker {
        Broker { host: "127.0.0.1".to_owned(), port: self.rabbitmq.port(), ..Broker::local() }
    }
}

fn main() {
    let parts: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|name| name == part);
    // What the build has just written would hold up the first commits.
    Command::new("sync").status().expect("sync");
    let servers = Servers {
        rabbitmq: RabbitMq::start(),
        // When a row was committed is read from PostgreSQL itself.
        postgresql: PostgreSql::start_with("track_commit_timestamp = on"),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if wanted("ingest") {
        let figures = runtime.block_on(ingest::measure(&servers));
        println!("\n{figures}");
        report::write(&figures);
    }
    if wanted("replicas") {
        let figures = runtime.block_on(replicas::measure(&servers));
        println!("\n{figures}");
        report::write(&figures);
    }
    if wanted("publishing") {
        let figures = runtime.block_on(publishing::measure(&servers));
        println!("\n{figures}");
        report::write(&figures);
    }
    if wanted("reading") {
        let figures = runtime.block_on(reading::measure(&servers));
        println!("\n{figures}");
        report::write(&figures);
    }
    if wanted("stories") {
        let figures = runtime.block_on(reading::stories::measure(&servers));
        println!("\n{figures}");
        report::write(&figures);
    }
}
