//! What each test starts from: queues and an outbox of its own.

use std::{
    collections::HashMap,
    process::Command,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use audit_core::{Actor, Domain, Topology, publish::Broker};
use audit_outbox::{Relay, RelaySettings, enqueue};
use lapin::{
    Channel, ExchangeKind,
    message::Delivery,
    options::{BasicGetOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::FieldTable,
};
use payment_log::{PaymentEvent, actions::CONFIRM};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait, prelude::Uuid,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};
use tempfile::TempDir;
use test_servers::{PATIENCE, PostgreSql, RabbitMq, example};
use tokio::{sync::oneshot, task::JoinHandle};

pub static RABBITMQ: LazyLock<RabbitMq> = LazyLock::new(RabbitMq::start);
pub static POSTGRESQL: LazyLock<PostgreSql> = LazyLock::new(PostgreSql::start);

pub const PAYMENT: Domain = Domain::new("payment");
pub const TICKET: Domain = Domain::new("ticket");

/// The migrator of a service, with the outbox in its list.
struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(audit_outbox::Migration)]
    }
}

/// A place for one test.
pub struct Place {
    pub db: DatabaseConnection,
    pub url: String,
    pub broker: Broker,
    pub topology: Topology,
    pub prefix: String,
    _folder: TempDir,
}

impl Place {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/service.db?mode=rwc", folder.path().display());
        Self::at(url, RABBITMQ.port(), folder).await
    }

    pub async fn postgresql() -> Self {
        Self::on(&POSTGRESQL, &RABBITMQ).await
    }

    pub async fn on(postgresql: &PostgreSql, rabbitmq: &RabbitMq) -> Self {
        Self::at(postgresql.database(&unique_name()), rabbitmq.port(), tempfile::tempdir().unwrap()).await
    }

    async fn at(url: String, port: u16, folder: TempDir) -> Self {
        let mut options = ConnectOptions::new(&url);
        options.max_connections(8).sqlx_logging(false);
        let db = Database::connect(options).await.unwrap();
        Migrator::up(&db, None).await.unwrap();
        let timeout = Duration::from_secs(5);
        let broker = Broker { host: "127.0.0.1".to_owned(), port, timeout, ..Broker::local() };
        let prefix = unique_name();
        let topology = Topology::with_prefix(prefix.clone());
        let place = Self { db, url, broker, topology, prefix, _folder: folder };
        for domain in [PAYMENT, TICKET] {
            place.declare(domain).await;
            place.bind(domain).await;
        }
        place
    }

    pub async fn channel(&self) -> Channel {
        let connection = self.broker.connect().await.unwrap();
        connection.create_channel().await.unwrap()
    }

    async fn declare(&self, domain: Domain) {
        let (exchange, queue) = (self.topology.exchange(), self.topology.queue(domain));
        let channel = self.channel().await;
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        let args = FieldTable::default;
        channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, args()).await.unwrap();
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        channel.queue_declare(queue.into(), durable, args()).await.unwrap();
    }

    pub async fn bind(&self, domain: Domain) {
        let (exchange, queue) = (self.topology.exchange(), self.topology.queue(domain));
        let (key, options) = (domain.routing_key(), QueueBindOptions::default());
        let channel = self.channel().await;
        channel
            .queue_bind(queue.into(), exchange.into(), key.into(), options, FieldTable::default())
            .await
            .unwrap();
    }

    pub async fn unbind(&self, domain: Domain) {
        let (exchange, queue) = (self.topology.exchange(), self.topology.queue(domain));
        let (key, args) = (domain.routing_key(), FieldTable::default());
        self.channel().await.queue_unbind(queue.into(), exchange.into(), key.into(), args).await.unwrap();
    }

    /// Stores events of many payments in one transaction; the number of each payment's event is its retry count.
    pub async fn enqueue_all(&self, payments: &[Uuid], number: i32) {
        let transaction = self.db.begin().await.unwrap();
        for payment in payments {
            enqueue(&transaction, &event(*payment, number)).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    pub fn relay(&self) -> Running {
        let settings = RelaySettings {
            batch: 50,
            interval: Duration::from_millis(20),
            database_timeout: Duration::from_secs(5),
        };
        let relay =
            Arc::new(Relay::new(self.db.clone(), self.broker.clone(), self.topology.clone(), settings));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { relay.run(async { stopped.await.unwrap_or_default() }).await });
        Running { stop, task }
    }

    /// A relay in a process of its own.
    pub fn relay_command(&self, name: &str) -> Command {
        let mut command = Command::new(example(name));
        command
            .env("DB_URL", &self.url)
            .env("RABBITMQ_HOST", &self.broker.host)
            .env("RABBITMQ_PORT", self.broker.port.to_string())
            .env("RABBITMQ_PREFIX", &self.prefix);
        command
    }

    /// How many events are in the outbox.
    pub async fn waiting(&self) -> i64 {
        let sql = "SELECT count(*) FROM audit_outbox";
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    pub async fn wait_until_empty(&self) {
        eventually("an empty outbox", async || self.waiting().await == 0).await;
    }

    /// How many messages a domain's queue has.
    pub async fn published(&self, domain: Domain) -> u32 {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let queue = self.topology.queue(domain);
        let channel = self.channel().await;
        let declared = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.unwrap();
        declared.message_count()
    }

    /// Empties a domain's queue.
    pub async fn drain(&self, domain: Domain) -> Vec<Delivery> {
        let channel = self.channel().await;
        let queue = self.topology.queue(domain);
        let mut deliveries = Vec::new();
        let taken = BasicGetOptions { no_ack: true };
        while let Some(message) = channel.basic_get(queue.as_str().into(), taken).await.unwrap() {
            deliveries.push(message.delivery);
        }
        deliveries
    }

    /// The numbers of each payment's events, in the order in which they arrived.
    pub async fn numbers(&self) -> HashMap<Uuid, Vec<i32>> {
        let mut numbers: HashMap<_, Vec<_>> = HashMap::new();
        for delivery in self.drain(PAYMENT).await {
            let event: PaymentEvent = serde_json::from_slice(&delivery.data).unwrap();
            numbers.entry(event.payment_id.unwrap()).or_default().push(event.retry_count);
        }
        numbers
    }
}

/// A relay that runs in this process.
pub struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

pub fn event(payment: Uuid, number: i32) -> PaymentEvent {
    PaymentEvent {
        payment_id: Some(payment),
        retry_count: number,
        ..PaymentEvent::new(CONFIRM, &Actor::System)
    }
}

pub fn payments(count: usize) -> Vec<Uuid> {
    (0..count).map(|_| Uuid::new_v4()).collect()
}

fn unique_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("outbox{}", NUMBER.fetch_add(1, Relaxed))
}

/// Waits for a condition.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
