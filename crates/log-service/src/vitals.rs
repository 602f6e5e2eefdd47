//! How the service is: what ingest is at, whether the database answers, and all metrics.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use audit_ingest::{Condition, State};
use audit_web::Part;
use metrics::{describe_gauge, gauge};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::debug;

use crate::metrics::Metrics;

/// How often the database is asked whether it is there, and how long it may take to answer.
const EVERY: Duration = Duration::from_secs(2);

/// How the service is, for those who ask over HTTP.
#[derive(Debug)]
pub struct Vitals {
    ingest: Arc<State>,
    db: DatabaseConnection,
    database_answers: Condition,
    metrics: Metrics,
}

impl Vitals {
    /// `db` is what ingest writes to, and was opened just now.
    #[must_use]
    pub fn new(ingest: Arc<State>, db: DatabaseConnection, metrics: Metrics) -> Self {
        describe_gauge!("log_service_database_up", "Whether the database answers.");
        let database_answers = Condition::not_yet(gauge!("log_service_database_up"));
        database_answers.set(true);
        Self { ingest, db, database_answers, metrics }
    }

    /// Looks after the database and the metrics, however often anybody asks for them. Never returns.
    pub async fn watch(&self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.metrics.tidy();
            let answer = timeout(EVERY, self.db.execute_unprepared("SELECT 1")).await;
            if let Ok(Err(error)) = &answer {
                // Whoever wants to write says so, once.
                debug!(%error, "the database does not answer");
            }
            self.database_answers.set(matches!(answer, Ok(Ok(_))));
        }
    }

    /// It answers, and takes what is written.
    fn database(&self) -> Part {
        let (answers, since) = self.database_answers.now();
        let held = self.ingest.domains.iter().map(|domain| domain.holding.now());
        let first_held = held.filter_map(|(holding, since)| holding.then_some(since)).min();
        match first_held {
            Some(held) if answers => part("database", (false, held)),
            _ => part("database", (answers, since)),
        }
    }
}

impl audit_web::Vitals for Vitals {
    fn parts(&self) -> Vec<Part> {
        let broker = part("broker", self.ingest.broker_connected.now());
        let consumers = self.ingest.domains.iter();
        let consumers =
            consumers.map(|domain| part(&format!("consumer-{}", domain.domain), domain.consuming.now()));
        [broker, self.database()].into_iter().chain(consumers).collect()
    }

    fn metrics(&self) -> String {
        self.metrics.text()
    }
}

fn part(name: &str, (up, since): (bool, Instant)) -> Part {
    Part { name: name.to_owned(), up, since: since.elapsed() }
}
