//! How the service is: what ingest is at, whether questions can be answered, and all metrics.

use std::{borrow::Cow, sync::Arc, time::Duration};

use audit_ingest::{Condition, ConditionStatus, IngestState};
use audit_web::Part;
use metrics::{describe_gauge, gauge};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::debug;

use crate::metrics::Metrics;

/// How often a database is asked whether it is there, and how long it may take to answer.
const EVERY: Duration = Duration::from_secs(2);

const NO_DATABASE: &str = "the database does not answer";
const NO_REPLICA: &str = "the database for reading does not answer";
const NOT_RECORDED: &str = "the database does not answer, so that reads can't be recorded";

/// How the service is, for those who ask over HTTP.
#[derive(Debug)]
pub struct Vitals {
    ingest: Arc<IngestState>,
    databases: Databases,
    /// The main database answers.
    database: Condition,
    /// Questions can be answered.
    reading: Condition,
    /// The database's role can't change the log, where there are roles.
    role: Option<Arc<Condition>>,
    metrics: Metrics,
}

/// What is asked whether it is there.
#[derive(Debug)]
pub struct Databases {
    /// What ingest writes to, and was opened just now.
    pub main: DatabaseConnection,
    /// Where questions are answered, if that is not the main one.
    pub replica: Option<DatabaseConnection>,
    /// Whether a read needs the main one too, to be recorded.
    pub refuse_unrecorded: bool,
}

impl Vitals {
    /// Nothing was asked yet.
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

    /// Looks after the databases and the metrics, however often anybody asks for them. Never returns.
    pub async fn watch(&self) {
        let mut ticks = interval(EVERY);
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
            let trouble = match (replica_answers, main_answers) {
                (Some(false), _) => Some(NO_REPLICA),
                (Some(true), false) => refuse_unrecorded.then_some(NOT_RECORDED),
                (None, false) => Some(NO_DATABASE),
                (_, true) => None,
            };
            set(&self.reading, trouble);
        }
    }
}

async fn answers(db: &DatabaseConnection) -> bool {
    let answer = timeout(EVERY, db.execute_unprepared("SELECT 1")).await;
    if let Ok(Err(error)) = &answer {
        // Whoever wants something of it says so, once.
        debug!(%error, "the database does not answer");
    }
    matches!(answer, Ok(Ok(_)))
}

fn set(condition: &Condition, trouble: Option<&'static str>) {
    match trouble {
        None => condition.holds(),
        Some(why) => condition.fails(why),
    }
}

impl audit_web::Vitals for Vitals {
    fn reading(&self) -> Vec<Part> {
        vec![part("reading", self.reading.status())]
    }

    fn ingest(&self) -> Vec<Part> {
        let broker = part("broker", self.ingest.broker_connected.status());
        let database = part("database", self.database.status());
        let domains = self.ingest.domains.iter().map(|domain| part(domain.domain.name(), domain.status()));
        let role = self.role.iter().map(|role| warning("role", role.status()));
        [broker, database].into_iter().chain(role).chain(domains).collect()
    }

    fn metrics(&self) -> String {
        self.ingest.update_ages();
        self.metrics.text()
    }
}

fn part(name: &str, ConditionStatus { problem, since }: ConditionStatus) -> Part {
    Part {
        name: name.to_owned(),
        trouble: problem.map(Cow::into_owned),
        warning: None,
        since: since.elapsed(),
    }
}

/// A part that works whatever is wrong with it.
fn warning(name: &str, now: ConditionStatus) -> Part {
    let part = part(name, now);
    Part { trouble: None, warning: part.trouble, ..part }
}
