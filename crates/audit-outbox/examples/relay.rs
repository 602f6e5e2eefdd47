//! A relay as a program of its own, until Ctrl-C: for a service that should not run one itself.
//!
//! `cargo run -p audit-outbox --example relay`, with `RABBITMQ_HOST`, `RABBITMQ_PORT`, `RABBITMQ_PREFIX` and `DB_URL`.
#![expect(clippy::disallowed_methods, reason = "a program reads its own environment")]

use std::{env, error::Error, time::Duration};

use audit_core::{Topology, publish::Broker};
use audit_outbox::{Relay, RelaySettings};
use sea_orm::{ConnectOptions, Database};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let variable = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let host = variable("RABBITMQ_HOST", "localhost");
    let port = variable("RABBITMQ_PORT", "5672").parse()?;
    let broker = Broker { host, port, ..Broker::local() };
    let topology = Topology::with_prefix(variable("RABBITMQ_PREFIX", "tickatch"));
    let mut options = ConnectOptions::new(variable("DB_URL", "sqlite://outbox.db"));
    options.sqlx_logging(false);
    let db = Database::connect(options).await?;

    // Nobody nudges it from another process: it looks often.
    let settings = RelaySettings { interval: Duration::from_millis(100), ..RelaySettings::default() };
    let stop = async {
        // Without the signal there is no other way to stop it than to kill it, which does no harm.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    Relay::new(db, broker, topology, settings).run(stop).await;
    Ok(())
}
