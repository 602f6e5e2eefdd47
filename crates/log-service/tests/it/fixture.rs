//! What each test starts from: a prefix and a database of its own.

use std::{
    path::Path,
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use audit_core::{
    Domain, Topology,
    publish::{Broker, ConfirmedChannel, Message},
};
use lapin::{
    BasicProperties,
    message::Delivery,
    options::{BasicAckOptions, BasicGetOptions},
    types::{AMQPValue, FieldTable},
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryOrder, Statement,
    sea_query::Expr,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_servers::{PATIENCE, PostgreSql, RabbitMq, Running, unconfigured};
use uuid::Uuid;

pub static RABBITMQ: LazyLock<RabbitMq> = LazyLock::new(RabbitMq::start_with_tls);
pub static POSTGRESQL: LazyLock<PostgreSql> = LazyLock::new(PostgreSql::start);

pub const PAYMENT: Domain = Domain::new("payment");

/// A place for one test.
pub struct Fixture {
    pub url: String,
    pub broker: Broker,
    pub topology: Topology,
    prefix: String,
    folder: TempDir,
}

impl Fixture {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/log.db?mode=rwc", folder.path().display());
        Self::at(url, folder)
    }

    /// The same on a broker of the test's own.
    pub fn sqlite_on(server: &RabbitMq) -> Self {
        let mut place = Self::sqlite();
        place.broker.port = server.port();
        place
    }

    pub fn postgresql() -> Self {
        Self::postgresql_on(&POSTGRESQL)
    }

    pub fn postgresql_on(server: &PostgreSql) -> Self {
        Self::at(server.database(&unique_name()), tempfile::tempdir().unwrap())
    }

    fn at(url: String, folder: TempDir) -> Self {
        let prefix = unique_name();
        let topology = Topology::with_prefix(prefix.clone());
        let broker = Broker { host: "127.0.0.1".to_owned(), port: RABBITMQ.port(), ..Broker::local() };
        Self { url, broker, topology, prefix, folder }
    }

    /// Where the commands run, and SQLite's file is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// log-service with this place's configuration, to be run in an empty folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = log_service(args);
        command
            .current_dir(self.folder.path())
            .env("DB_URL", &self.url)
            .env("RABBITMQ_HOST", &self.broker.host)
            .env("RABBITMQ_PORT", self.broker.port.to_string())
            .env("LOG_SERVICE__RABBITMQ__VHOST", &self.broker.vhost)
            .env("LOG_SERVICE__RABBITMQ__PREFIX", &self.prefix)
            .env("LOG_SERVICE__WEB__BIND", "127.0.0.1:0");
        command
    }

    /// A running service that consumes all queues.
    pub fn serve(&self) -> Running {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, variables: &[(&str, &str)]) -> Running {
        let mut command = self.command(&["serve"]);
        command.envs(variables.iter().copied());
        let running = Running::start(command);
        running.wait_until_consuming();
        running
    }

    /// Queues and tables are there, and nobody consumes.
    pub fn prepare(&self) {
        self.serve().stop().expect_success();
    }

    pub fn message(&self, domain: Domain, body: impl Into<Vec<u8>>) -> Message {
        Message {
            exchange: self.topology.exchange(),
            routing_key: domain.routing_key(),
            properties: BasicProperties::default()
                .with_content_type("application/json".into())
                .with_content_encoding("UTF-8".into())
                .with_delivery_mode(2)
                .with_priority(0),
            body: body.into(),
        }
    }

    pub async fn publish(&self, messages: &[Message]) {
        let mut channel = ConfirmedChannel::open(&self.broker).await.unwrap();
        for outcome in channel.publish_all(messages).await {
            outcome.unwrap();
        }
        channel.close().await;
    }

    pub async fn publish_payments(&self, bodies: &[Value]) {
        let messages: Vec<_> = bodies.iter().map(|body| self.message(PAYMENT, body.to_string())).collect();
        self.publish(&messages).await;
    }

    pub async fn db(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(2).sqlx_logging(false).set_schema_search_path("audit");
        Database::connect(options).await.unwrap()
    }

    pub async fn count(&self, table: &str) -> i64 {
        count(&self.db().await, table).await
    }

    pub async fn wait_for_rows(&self, table: &str, rows: i64) {
        let db = self.db().await;
        eventually(&format!("{rows} rows in {table}"), async || count(&db, table).await >= rows).await;
        assert_eq!(count(&db, table).await, rows, "rows in {table}");
    }

    pub async fn payments(&self) -> Vec<payment_log::entity::Model> {
        rows::<payment_log::entity::Entity>(&self.db().await).await
    }

    /// Waits until so many dead letters of a domain are there, and takes them.
    pub async fn dead_letters(&self, domain: Domain, count: usize) -> Vec<Delivery> {
        let mut letters = Vec::new();
        let connection = self.broker.connect().await.unwrap();
        let mut channel = connection.create_channel().await.unwrap();
        let queue = self.topology.dead_letter_queue(domain);
        let deadline = Instant::now() + PATIENCE;
        while letters.len() < count {
            assert!(Instant::now() < deadline, "{count} dead letters of {domain}, found {}", letters.len());
            match channel.basic_get(queue.as_str().into(), BasicGetOptions { no_ack: true }).await {
                Ok(Some(message)) => letters.push(message.delivery),
                Ok(None) => tokio::time::sleep(Duration::from_millis(20)).await,
                // The queue is not there yet; the broker has closed the channel for that.
                Err(_) => channel = connection.create_channel().await.unwrap(),
            }
        }
        letters
    }

    /// How many messages wait in a queue, delivered ones left out.
    pub async fn waiting(&self, queue: &str) -> u32 {
        let connection = self.broker.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = lapin::options::QueueDeclareOptions { passive: true, ..Default::default() };
        channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap().message_count()
    }

    /// Takes a message from a queue that has one.
    pub async fn take(&self, queue: &str) -> Delivery {
        let connection = self.broker.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = BasicGetOptions { no_ack: true };
        channel.basic_get(queue.into(), options).await.unwrap().unwrap().delivery
    }

    /// Empties a queue and returns the bodies.
    pub async fn drain(&self, queue: &str) -> Vec<Vec<u8>> {
        let connection = self.broker.connect().await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let mut bodies = Vec::new();
        while let Some(message) = channel.basic_get(queue.into(), BasicGetOptions::default()).await.unwrap() {
            bodies.push(message.delivery.data.clone());
            message.delivery.acker.ack(BasicAckOptions::default()).await.unwrap();
        }
        bodies
    }
}

/// The program, without any configuration of this machine.
pub fn log_service(args: &[&str]) -> Command {
    unconfigured(env!("CARGO_BIN_EXE_log-service"), args)
}

pub fn unique_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    format!("test{}", NUMBER.fetch_add(1, Relaxed))
}

/// A payment's event with a new id.
pub fn payment() -> Value {
    json!({
        "eventId": Uuid::now_v7(),
        "paymentId": "3fb56c7b-8c38-4721-863c-2289f65684f0",
        "method": "TOSS_CARD",
        "retryCount": 0,
        "actionType": "CONFIRM",
        "actorType": "SYSTEM",
        "occurredAt": "2025-12-06T11:00:29.1",
    })
}

/// The same with other fields; `null` in `changes` takes a field away.
pub fn payment_with(changes: Value) -> Value {
    let mut body = payment();
    let fields = body.as_object_mut().unwrap();
    let Value::Object(changes) = changes else { panic!("not an object") };
    for (name, value) in changes {
        if value.is_null() {
            fields.remove(&name)
        } else {
            fields.insert(name, value)
        };
    }
    body
}

pub fn header(headers: &mut FieldTable, name: &str, value: &str) {
    headers.insert(name.into(), AMQPValue::LongString(value.into()));
}

/// A text header of a delivery.
pub fn header_of(delivery: &Delivery, name: &str) -> Option<String> {
    match delivery.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        _ => None,
    }
}

pub async fn rows<E: EntityTrait>(db: &DatabaseConnection) -> Vec<E::Model> {
    E::find().order_by_asc(Expr::col("seq")).all(db).await.unwrap()
}

pub async fn count(db: &DatabaseConnection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let row =
        db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Waits for a condition.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
