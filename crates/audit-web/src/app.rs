use std::{path::PathBuf, sync::Arc, time::Duration};

use audit_dead_letters::DeadLetters;
use audit_query::{Access, AccessLog, Queries};
use chrono_tz::Tz;
use serde_json::Value as Json;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use crate::{
    answers::AnswerBudget,
    asking::Asking,
    auth::{Authentication, Via},
    problem::Problem,
    vitals::Vitals,
};

/// How the log is served.
#[derive(Debug)]
pub struct Settings {
    /// The zone of the page's times, until its reader chooses another.
    pub time_zone: Tz,
    /// Whether a read that can't be recorded is refused.
    pub refuse_unrecorded: bool,
    /// The most rows of an export.
    pub export_rows: u64,
    /// The longest that an export may take.
    pub export_time: Duration,
    /// The longest that an answer may take, from the question to its last byte; of one that goes on, each of its parts.
    pub answer_time: Duration,
    /// The most memory that answers take together, from before they are read until they have been sent.
    pub answer_bytes: usize,
    /// The folder that discarded dead letters are kept in. Made when it is first needed.
    pub discarded: PathBuf,
}

/// What requests are answered from.
#[derive(Debug)]
pub struct Sources {
    /// Questions about the domains' tables.
    pub queries: Queries,
    /// Questions about the log of reading itself.
    pub accesses: Queries,
    /// Where reads are recorded.
    pub access_log: AccessLog,
    /// What could not be stored.
    pub dead_letters: DeadLetters,
    /// How the service is.
    pub vitals: Arc<dyn Vitals>,
}

/// What every request needs: whom to ask, who may ask, and where that is recorded.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    sources: Sources,
    auth: Authentication,
    settings: Settings,
    answers: AnswerBudget,
    /// So many exports at the same time, and so many followers.
    exports: Arc<Semaphore>,
    followers: Arc<Semaphore>,
    /// One look or repair at the same time.
    dead_letter_turns: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

const EXPORTS: usize = 4;
const FOLLOWERS: usize = 32;

impl App {
    /// What goes on for long ends with `stop`.
    #[must_use]
    pub fn new(sources: Sources, auth: Authentication, settings: Settings, stop: CancellationToken) -> Self {
        let answers = AnswerBudget::new(settings.answer_bytes, sources.queries.limits().max_bytes);
        Self(Arc::new(Parts {
            sources,
            auth,
            settings,
            answers,
            exports: Arc::new(Semaphore::new(EXPORTS)),
            followers: Arc::new(Semaphore::new(FOLLOWERS)),
            dead_letter_turns: Arc::new(Semaphore::new(1)),
            tasks: TaskTracker::new(),
            stop,
        }))
    }

    pub(crate) fn queries(&self) -> &Queries {
        &self.0.sources.queries
    }

    pub(crate) fn accesses(&self) -> &Queries {
        &self.0.sources.accesses
    }

    pub(crate) fn auth(&self) -> &Authentication {
        &self.0.auth
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn vitals(&self) -> &dyn Vitals {
        &*self.0.sources.vitals
    }

    /// Where each answer about events gets its room, before it is read.
    pub(crate) fn answers(&self) -> &AnswerBudget {
        &self.0.answers
    }

    pub(crate) fn exports(&self) -> &Arc<Semaphore> {
        &self.0.exports
    }

    pub(crate) fn followers(&self) -> &Arc<Semaphore> {
        &self.0.followers
    }

    pub(crate) fn dead_letters(&self) -> &DeadLetters {
        &self.0.sources.dead_letters
    }

    pub(crate) fn dead_letter_turns(&self) -> &Arc<Semaphore> {
        &self.0.dead_letter_turns
    }

    /// What answers are still being made.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Records a read, before it is answered.
    pub(crate) async fn record(&self, asking: &Asking, read: Read) -> Result<(), Problem> {
        let Read { action, resource, question, rows } = read;
        let access = Access {
            action,
            reader_id: asking.reader.id(),
            reader: asking.reader.name().to_owned(),
            reader_type: via(asking.reader.via()),
            address: Some(asking.address.ip().to_string()),
            resource,
            question,
            rows,
        };
        match self.0.sources.access_log.record(access).await {
            Ok(()) => Ok(()),
            Err(error) if self.0.settings.refuse_unrecorded => {
                error!(%error, action, "a read can't be recorded and was refused");
                Err(Problem::unavailable("the read can't be recorded, so it is refused; try again later"))
            }
            Err(error) => {
                warn!(%error, action, "a read was not recorded");
                Ok(())
            }
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) action: &'static str,
    pub(crate) resource: Option<String>,
    pub(crate) question: Option<Json>,
    pub(crate) rows: u64,
}

impl Read {
    pub(crate) fn new(action: &'static str, question: Json, rows: usize) -> Self {
        Self { action, resource: None, question: Some(question), rows: rows as u64 }
    }
}

fn via(via: Via) -> &'static str {
    match via {
        Via::Open => "LOCAL",
        Via::Token => "TOKEN",
        Via::Jwt => "JWT",
        Via::Gateway => "GATEWAY",
    }
}
