//! An event that is stored with the change that it tells of, and published after that. Ctrl-C ends it.
//!
//! `cargo run -p audit-outbox --example outbox`, with `RABBITMQ_HOST`, `RABBITMQ_PORT`, `RABBITMQ_PREFIX` and `DB_URL`.
#![expect(clippy::disallowed_methods, reason = "a program reads its own environment")]

use std::{env, error::Error, sync::Arc};

use audit_core::{Actor, Topology, publish::Broker};
use audit_outbox::{Relay, RelaySettings};
use payment_log::{PaymentEvent, actions};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, TransactionTrait, prelude::Uuid};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};
use tokio::signal::ctrl_c;

/// The service's own migrations, and the outbox's beside them.
struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(audit_outbox::Migration)]
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let host = variable("RABBITMQ_HOST", "localhost");
    let port = variable("RABBITMQ_PORT", "5672").parse()?;
    let broker = Broker { host, port, ..Broker::local() };
    let topology = Topology::with_prefix(variable("RABBITMQ_PREFIX", "tickatch"));

    let mut options = ConnectOptions::new(variable("DB_URL", "sqlite://outbox.db?mode=rwc"));
    options.sqlx_logging(false);
    let db = Database::connect(options).await?;
    Migrator::up(&db, None).await?;
    db.execute_unprepared("CREATE TABLE IF NOT EXISTS payment (id TEXT PRIMARY KEY, state TEXT)").await?;

    let relay = Arc::new(Relay::new(db.clone(), broker, topology, RelaySettings::default()));
    let relaying = tokio::spawn({
        let relay = Arc::clone(&relay);
        // The batch that is under way is finished before it ends.
        async move { relay.run(async { ctrl_c().await.unwrap_or_default() }).await }
    });

    let payment = Uuid::new_v4();
    let transaction = db.begin().await?;
    let change = format!("INSERT INTO payment VALUES ('{payment}', 'CONFIRMED')");
    transaction.execute_unprepared(&change).await?;
    let event =
        PaymentEvent { payment_id: Some(payment), ..PaymentEvent::new(actions::CONFIRM, &Actor::System) };
    audit_outbox::enqueue(&transaction, &event).await?;
    transaction.commit().await?;
    // From here on the event can't be lost: should this process die, the relay of the next one publishes it.
    relay.nudge();

    relaying.await?;
    Ok(())
}
