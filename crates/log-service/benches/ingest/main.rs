//! How fast log-service is, beside what the machine could do at most and what one message at a time does.
//!
//! `just bench` runs it: it starts a private RabbitMQ and PostgreSQL, prints a table, and writes
//! `target/bench/latest.json`. Absolute figures depend on the machine; the ratios are what to look at.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a benchmark: what goes wrong ends it")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod drain;
mod events;
mod per_message;
mod report;
mod service;

use std::{process::Command, time::Duration};

use audit_core::publish::Broker;
use test_servers::{PostgreSql, RabbitMq};

use report::{Report, median};
use service::Service;

/// Events of a round.
const EVENTS: usize = 200_000;
/// One message at a time is slow: fewer give the same figure.
const EVENTS_PER_MESSAGE: usize = 10_000;
/// Each throughput is the median of so many rounds, which take turns: the machine may be busy now and then.
const ROUNDS: usize = 3;
const LATENCY_RATE: f64 = 200.0;
const LATENCY_TIME: Duration = Duration::from_secs(20);

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
    // What the build has just written would hold up the first commits.
    Command::new("sync").status().expect("sync");
    let servers = Servers {
        rabbitmq: RabbitMq::start(),
        // When a row was committed is read from PostgreSQL itself.
        postgresql: PostgreSql::start_with("track_commit_timestamp = on"),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(measure(&servers));
    println!("\n{report}");
    report.write();
}

async fn measure(servers: &Servers) -> Report {
    // First, while the disk is quiet: the rounds below leave much to be written.
    let latency = Service::latency(servers, "latency", LATENCY_RATE, LATENCY_TIME).await;
    let (mut drain_limit, mut end_to_end, mut mixed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cpu, mut rss) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        drain_limit.push(drain::events_per_second(servers, &format!("drain{round}"), EVENTS).await);
        println!("round {round}: drain_limit      {:>8.0} events/s", drain_limit[round - 1]);

        let run = Service::drain(servers, &format!("single{round}"), &["payment"], EVENTS).await;
        println!("round {round}: end_to_end       {:>8.0} events/s", run.events_per_second);
        end_to_end.push(run.events_per_second);
        cpu.push(run.cpu_us_per_event);
        rss.push(run.peak_rss_mib);

        let run = Service::drain(servers, &format!("mixed{round}"), &events::DOMAINS, EVENTS).await;
        println!("round {round}: mixed_end_to_end {:>8.0} events/s", run.events_per_second);
        mixed.push(run.events_per_second);
        rss.push(run.peak_rss_mib);
    }
    let per_message = per_message::events_per_second(servers, "single_inserts", EVENTS_PER_MESSAGE).await;
    Report {
        drain_limit: median(drain_limit),
        end_to_end: median(end_to_end),
        per_message,
        mixed_end_to_end: median(mixed),
        latency_p50_ms: latency.p50_ms,
        latency_p99_ms: latency.p99_ms,
        cpu_us_per_event: median(cpu),
        peak_rss_mib: rss.into_iter().fold(0.0, f64::max),
    }
}
