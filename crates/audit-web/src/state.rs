use std::{path::PathBuf, sync::Arc, time::Duration};

use audit_auth::{Authentication, ClientAddress, Reader};
use audit_dead_letters::DeadLetters;
use audit_query::{AccessLog, LogReader};
use chrono_tz::Tz;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    concurrency::{ConcurrencyLimit, LimitReached, Limits, Slot},
    health::HealthSource,
    rejection_log::RejectionLog,
    response_memory::ResponseMemory,
    row_budget::RowBudget,
};

/// How the log is served.
#[derive(Debug)]
pub struct Settings {
    /// The zone of the page's times, until the reader chooses another.
    pub time_zone: Tz,
    /// The maximum number of rows in an export.
    pub export_rows: u64,
    /// The maximum duration of an export.
    pub export_time: Duration,
    /// The maximum duration of a response, from the request to its last byte. For a stream, of each chunk.
    pub answer_time: Duration,
    /// The maximum memory of all responses together, from before they are read until they have been sent.
    pub answer_bytes: usize,
    /// The folder that keeps discarded dead letters. It is created when it is first needed.
    pub discarded: PathBuf,
    /// How many rows of events a reader may read in a day whose role does not permit exports.
    pub support_rows_per_day: u64,
    /// How far back such a reader may follow.
    pub support_tail: Duration,
}

/// What requests are answered from.
#[derive(Debug)]
pub struct Sources {
    /// Reads the domains' tables.
    pub log: LogReader,
    /// Reads the access log.
    pub accesses: LogReader,
    /// Writes the access log.
    pub access_log: AccessLog,
    /// The dead letters.
    pub dead_letters: DeadLetters,
    /// The health of the service.
    pub health: Arc<dyn HealthSource>,
}

/// What every request needs.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    sources: Sources,
    auth: Authentication,
    settings: Settings,
    response_memory: ResponseMemory,
    row_budget: RowBudget,
    rejection_log: RejectionLog,
    exports: Arc<ConcurrencyLimit>,
    tails: Arc<ConcurrencyLimit>,
    requests: Arc<ConcurrencyLimit>,
    /// One inspection or repair at a time.
    dead_letters_lock: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

const MAX_EXPORTS: Limits = Limits { all: 4, reader: 2, address: 3 };
const MAX_TAILS: Limits = Limits { all: 32, reader: 8, address: 16 };
/// Requests that are being answered. Their total is limited by that of connections.
const MAX_REQUESTS: Limits = Limits { all: usize::MAX, reader: 64, address: usize::MAX };

impl AppState {
    /// Creates the state of a service that runs until `stop` is cancelled.
    #[must_use]
    pub fn new(sources: Sources, auth: Authentication, settings: Settings, stop: CancellationToken) -> Self {
        let max_bytes = sources.log.limits().max_bytes;
        Self(Arc::new(Shared {
            sources,
            auth,
            response_memory: ResponseMemory::new(settings.answer_bytes, max_bytes),
            row_budget: RowBudget::new(settings.support_rows_per_day),
            settings,
            rejection_log: RejectionLog::default(),
            exports: ConcurrencyLimit::new("exports", MAX_EXPORTS),
            tails: ConcurrencyLimit::new("followers", MAX_TAILS),
            requests: ConcurrencyLimit::new("requests at the same time", MAX_REQUESTS),
            dead_letters_lock: Arc::new(Semaphore::new(1)),
            tasks: TaskTracker::new(),
            stop,
        }))
    }

    /// Reads the domains' tables.
    #[must_use]
    pub fn log(&self) -> &LogReader {
        &self.0.sources.log
    }

    /// Reads the access log.
    #[must_use]
    pub fn accesses(&self) -> &LogReader {
        &self.0.sources.accesses
    }

    /// Authenticates readers.
    #[must_use]
    pub fn auth(&self) -> &Authentication {
        &self.0.auth
    }

    /// How the log is served.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The health of the service.
    #[must_use]
    pub fn health(&self) -> &dyn HealthSource {
        &*self.0.sources.health
    }

    /// The memory of responses.
    #[must_use]
    pub fn response_memory(&self) -> &ResponseMemory {
        &self.0.response_memory
    }

    pub(crate) fn access_log(&self) -> &AccessLog {
        &self.0.sources.access_log
    }

    pub(crate) fn row_budget(&self) -> &RowBudget {
        &self.0.row_budget
    }

    pub(crate) fn rejection_log(&self) -> &RejectionLog {
        &self.0.rejection_log
    }

    /// Limits concurrent exports.
    #[must_use]
    pub fn exports(&self) -> &Arc<ConcurrencyLimit> {
        &self.0.exports
    }

    /// Limits concurrent tails.
    #[must_use]
    pub fn tails(&self) -> &Arc<ConcurrencyLimit> {
        &self.0.tails
    }

    pub(crate) fn requests(&self) -> &Arc<ConcurrencyLimit> {
        &self.0.requests
    }

    /// Takes a slot for a reader. Without authentication everyone is the same reader, so only the total is limited.
    pub fn slot(
        &self,
        limit: &Arc<ConcurrencyLimit>,
        reader: &Reader,
        address: ClientAddress,
    ) -> Result<Slot, LimitReached> {
        limit.take(Some(reader), self.auth().own_address(address))
    }

    /// The dead letters, without a time limit.
    #[must_use]
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.0.sources.dead_letters
    }

    pub(crate) fn dead_letters_lock(&self) -> &Arc<Semaphore> {
        &self.0.dead_letters_lock
    }

    /// Tasks that outlive their request. The server waits for them when it stops.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Cancelled when the service stops.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }
}
