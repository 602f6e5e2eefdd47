//! The health of the service: what ingest is doing, whether readers can be answered, and all metrics.

use std::{borrow::Cow, sync::Arc, time::Duration};

use audit_ingest::{Condition, ConditionStatus, IngestState};
use audit_web::{Component, HealthSource};
use metrics::{describe_gauge, gauge};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::debug;

use crate::metrics::Metrics;

/// How often a database is pinged, and how long it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(2);

const NO_DATABASE: &str = "the database does not answer";
const NO_REPLICA: &str = "the database for reading does not answer";
const NOT_RECORDED: &str = "the database does not answer, so that reads can't be recorded";

/// The health of the service, for HTTP.
#[derive(Debug)]
pub struct ServiceHealth {
    ingest: Arc<IngestState>,
    databases: Databases,
    /// Whether the main database answers.
    database: Condition,
    /// Whether readers can be answered.
    reading: Condition,
    /// Whether the database's role is unable to change the log, where there are roles.
    role: Option<Arc<Condition>>,
    metrics: Metrics,
}

/// The databases to ping.
#[derive(Debug)]
pub struct Databases {
    /// The database that ingest writes to. It was opened just now.
    pub main: DatabaseConnection,
    /// The database that is read, if that is another one.
    pub replica: Option<DatabaseConnection>,
    /// Whether an access must be recorded in the main one.
    pub refuse_unrecorded: bool,
}

impl ServiceHealth {
    /// The health before anything was pinged.
    #[must_use]
    pub fn new(
        ingest: Arc<IngestState>,
        databases: Databases,
        role: Option<Arc<Condition>>,
        metrics: Metrics,
    ) -> Self {
        describe_gauge!("log_service_database_up", "Whether the database answers.");
        describe_gauge!("log_service_reading_up", "Whether questions can be answered.");
        let database = Condition::failing(gauge!("log_service_database_up"), NO_DATABASE);
        database.holds();
        let reading = Condition::failing(gauge!("log_service_reading_up"), NO_REPLICA);
        if databases.replica.is_none() {
            reading.holds();
        }
        Self { ingest, databases, database, reading, role, metrics }
    }

    /// Pings the databases and tidies the metrics, independently of requests. Never returns.
    pub async fn watch(&self) {
        let mut ticks = interval(PING_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let Databases { main, replica, refuse_unrecorded } = &self.databases;
        loop {
            ticks.tick().await;
            self.metrics.tidy();
            let replica_answers = async {
                match replica {
                    Some(replica) => Some(answers(replica).await),
                    None => None,
                }
            };
            let (main_answers, replica_answers) = tokio::join!(answers(main), replica_answers);
            set(&self.database, (!main_answers).then_some(NO_DATABASE));
            let problem = match (replica_answers, main_answers) {
                (Some(false), _) => Some(NO_REPLICA),
                (Some(true), false) => refuse_unrecorded.then_some(NOT_RECORDED),
                (None, false) => Some(NO_DATABASE),
                (_, true) => None,
            };
            set(&self.reading, problem);
        }
    }
}

async fn answers(db: &DatabaseConnection) -> bool {
    let answer = timeout(PING_INTERVAL, db.execute_unprepared("SELECT 1")).await;
    if let Ok(Err(error)) = &answer {
        // Whoever uses the database logs this once.
        debug!(%error, "the database does not answer");
    }
    matches!(answer, Ok(Ok(_)))
}

fn set(condition: &Condition, problem: Option<&'static str>) {
    match problem {
        None => condition.holds(),
        Some(why) => condition.fails(why),
    }
}

impl HealthSource for ServiceHealth {
    fn reading(&self) -> Vec<Component> {
        vec![component("reading", self.reading.status())]
    }

    fn ingest(&self) -> Vec<Component> {
        let broker = component("broker", self.ingest.broker_connected.status());
        let database = component("database", self.database.status());
        let domains =
            self.ingest.domains.iter().map(|domain| component(domain.domain.name(), domain.status()));
        let role = self.role.iter().map(|role| warning("role", role.status()));
        [broker, database].into_iter().chain(role).chain(domains).collect()
    }

    fn metrics(&self) -> String {
        self.ingest.update_ages();
        self.metrics.text()
    }
}

fn component(name: &str, ConditionStatus { problem, since }: ConditionStatus) -> Component {
    Component {
        name: name.to_owned(),
        problem: problem.map(Cow::into_owned),
        warning: None,
        since: since.elapsed(),
    }
}

/// A component that works whatever is wrong with it.
fn warning(name: &str, status: ConditionStatus) -> Component {
    let component = component(name, status);
    Component { problem: None, warning: component.problem, ..component }
}
