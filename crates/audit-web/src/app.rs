use std::{path::PathBuf, sync::Arc, time::Duration};

use audit_dead_letters::DeadLetters;
use audit_query::{Access, AccessLog, Queries};
use chrono_tz::Tz;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{error, warn};

use crate::{
    answers::{AnswerBudget, Room},
    asking::Asking,
    auth::Authentication,
    budget::{Allowance, BudgetError, RowBudget},
    places::{Bounds, NoPlace, Place, Places},
    problem::Problem,
    read::{Gives, Read},
    refusals::Refusals,
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
    /// The most rows of events that a reader is given in a day whose role is not to take the log away.
    pub support_rows_per_day: u64,
    /// How far back such a reader may begin to follow.
    pub support_tail: Duration,
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
    budget: RowBudget,
    refusals: Refusals,
    /// What goes on at the same time.
    exports: Arc<Places>,
    followers: Arc<Places>,
    requests: Arc<Places>,
    /// One look or repair at the same time.
    dead_letter_turns: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

const EXPORTS: Bounds = Bounds { all: 4, reader: 2, address: 3 };
const FOLLOWERS: Bounds = Bounds { all: 32, reader: 8, address: 16 };
/// Requests that are being answered. In all, there are as many as there are connections.
const REQUESTS: Bounds = Bounds { all: usize::MAX, reader: 64, address: usize::MAX };

impl App {
    /// What goes on for long ends with `stop`.
    #[must_use]
    pub fn new(sources: Sources, auth: Authentication, settings: Settings, stop: CancellationToken) -> Self {
        let answers = AnswerBudget::new(settings.answer_bytes, sources.queries.limits().max_bytes);
        Self(Arc::new(Parts {
            sources,
            auth,
            budget: RowBudget::new(settings.support_rows_per_day),
            settings,
            answers,
            refusals: Refusals::default(),
            exports: Places::new("exports", EXPORTS),
            followers: Places::new("followers", FOLLOWERS),
            requests: Places::new("requests at the same time", REQUESTS),
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

    /// Room for an answer about events. Nothing is read for a reader who can't be given a row.
    pub(crate) async fn room(&self, asking: &Asking) -> Result<Room, Problem> {
        self.must_have_rows_left(asking).await?;
        Ok(self.answers().room(&asking.reader).await?)
    }

    pub(crate) fn access_log(&self) -> &AccessLog {
        &self.0.sources.access_log
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    pub(crate) fn exports(&self) -> &Arc<Places> {
        &self.0.exports
    }

    pub(crate) fn followers(&self) -> &Arc<Places> {
        &self.0.followers
    }

    pub(crate) fn requests(&self) -> &Arc<Places> {
        &self.0.requests
    }

    /// A place for whoever asks. Where nobody says who he is, all are one reader, so that only the bound on all holds.
    pub(crate) fn place(&self, places: &Arc<Places>, asking: &Asking) -> Result<Place, NoPlace> {
        places.take(Some(&asking.reader), self.auth().own_address(asking.address))
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

    /// Records a read, before it is answered, and takes its events from the reader's budget, if he has one.
    pub(crate) async fn record(&self, asking: &Asking, read: Read) -> Result<(), Problem> {
        let Read { action, resource, question, rows, gives } = read;
        if gives == Gives::Events {
            self.take_rows(asking, rows).await?;
        }
        let access = Access { resource, question, rows, ..asking.access(action) };
        let id = access.id;
        if gives != Gives::Nothing {
            asking.exchange.answers(access.clone());
        }
        let Err(error) = self.access_log().record(access).await else { return Ok(()) };
        if !self.0.settings.refuse_unrecorded {
            warn!(%error, action, "a read was not recorded");
            return Ok(());
        }
        error!(%error, action, "a read can't be recorded and was refused");
        asking.exchange.forget(id);
        if gives == Gives::Events {
            self.0.budget.give_back(&asking.reader, rows);
        }
        Err(Problem::unavailable("the read can't be recorded, so it is refused; try again later"))
    }

    /// Takes events from the reader's budget, if he has one.
    pub(crate) async fn take_rows(&self, asking: &Asking, rows: u64) -> Result<(), Problem> {
        told(asking, self.0.budget.take(self.access_log(), &asking.reader, rows).await)
    }

    /// Refuses a reader whose budget is used up.
    pub(crate) async fn must_have_rows_left(&self, asking: &Asking) -> Result<(), Problem> {
        told(asking, self.0.budget.left(self.access_log(), &asking.reader).await)
    }

    /// Records that answers were not sent to their end, though they were recorded as answers.
    pub(crate) fn record_cut_off(&self, reads: Vec<Access>, sent: u64) {
        let app = self.clone();
        self.0.tasks.spawn(async move {
            for read in reads {
                let question = json!({ "of": read.action, "id": read.id, "bytes_sent": sent });
                let cut = Access {
                    reader_id: read.reader_id,
                    address: read.address,
                    resource: read.resource,
                    question: Some(question),
                    ..Access::new("CUT_OFF", read.reader, read.reader_type)
                };
                if let Err(error) = app.access_log().record(cut).await {
                    warn!(%error, "an answer was cut off, which was not recorded");
                }
            }
        });
    }
}

/// Sees to it that the answer tells what is left of the reader's budget.
fn told(asking: &Asking, outcome: Result<Option<Allowance>, BudgetError>) -> Result<(), Problem> {
    match outcome {
        Ok(allowance) => {
            if let Some(allowance) = allowance {
                asking.exchange.leaves(allowance);
            }
            Ok(())
        }
        Err(BudgetError::Spent(spent)) => {
            asking.exchange.leaves(spent.allowance);
            warn!(reader = asking.reader.name(), "a reader has used up the rows of his day");
            Err(spent.into())
        }
        Err(BudgetError::Unknown(error)) => {
            error!(%error, "it can't be found out how many rows a reader was given today");
            Err(Problem::unavailable("it can't be found out how many rows are left; try again later"))
        }
    }
}
