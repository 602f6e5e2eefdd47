//! Inspecting and repairing dead letters, for the API and the page: one at a time, with a time limit, and recorded like
//! every access.

mod repair_request;

use std::{io, time::Duration};

use audit_dead_letters::{
    DeadLetter, DeadLetterError, DeadLetters, LetterId, Listing, Overview, RepairProgress, Replay, Selection,
};
use audit_query::{AccessAction, Unrecorded};
use chrono::Utc;
use private_files::Folder;
use serde_json::Value as Json;
use tokio::{sync::OwnedSemaphorePermit, task::spawn_blocking, time::timeout};
use tracing::{error, info, warn};

use crate::{
    caller::Caller,
    error::{DeadLettersError, NotFound, RequestError},
    state::AppState,
};

pub use repair_request::{MAX_REASON_CHARS, RepairRequest, selection};

/// The time limit of one inspection or repair. Dead letters that are left then stay as they are.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long to wait for the inspection or repair before to end.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// What a repair has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairResult {
    /// How many letters were repaired or left alone.
    pub tally: RepairProgress,
    /// Whether all letters were processed within the time limit.
    pub complete: bool,
    /// The name of the file that keeps discarded letters.
    pub file: Option<String>,
}

/// What to do with dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Publish them again.
    Replay {
        /// Include those that were replayed before.
        again: bool,
    },
    /// Write them to a file, and remove them.
    Discard,
}

impl Repair {
    /// The actions of the access log: at the start and at the end.
    fn actions(self) -> (AccessAction, AccessAction) {
        match self {
            Self::Replay { .. } => (AccessAction::Replay, AccessAction::ReplayEnd),
            Self::Discard => (AccessAction::Discard, AccessAction::DiscardEnd),
        }
    }
}

impl AppState {
    /// Counts dead letters and lists the first ones.
    pub async fn dead_letter_overview(
        &self,
        caller: &Caller,
        selection: &Selection,
        limit: u16,
        query: Json,
    ) -> Result<Overview, RequestError> {
        let _lock = self.lock_dead_letters().await?;
        let listing = Listing { limit: limit.into(), preview: false };
        let overview = self.dead_letters_in_time().overview(selection, listing, |_, _| {}).await;
        let overview = overview.map_err(|error| logged(&error, 0))?;
        let answer = Unrecorded::new(AccessAction::DeadLetters, overview.letters.len(), overview);
        self.release(caller, answer, Some(query)).await
    }

    /// Finds one dead letter, and counts equal ones.
    pub async fn dead_letter(
        &self,
        caller: &Caller,
        domain: &str,
        id: &str,
    ) -> Result<(DeadLetter, u64), RequestError> {
        let domain = self.dead_letters().domain(domain).ok_or(NotFound::DeadLetter)?;
        let id: LetterId = id.parse().map_err(|_| NotFound::DeadLetter)?;
        let _lock = self.lock_dead_letters().await?;
        let found = self.dead_letters_in_time().find(&Selection::one(domain, id)).await;
        let found = found.map_err(|error| logged(&error, 0))?;
        let answer = Unrecorded::new(AccessAction::DeadLetter, usize::from(found.is_some()), found);
        let found = self.release(caller, answer.about(format!("{domain}/{id}")), None).await?;
        Ok(found.ok_or(NotFound::DeadLetter)?)
    }

    /// Repairs dead letters. A repair continues when the caller disconnects, and ends when the service stops.
    pub async fn repair(
        &self,
        caller: &Caller,
        repair: Repair,
        selection: Selection,
        query: Json,
    ) -> Result<RepairResult, RequestError> {
        let lock = self.lock_dead_letters().await?;
        self.record(caller, repair.actions().0, 0, Some(query)).await?;
        let (state, caller) = (self.clone(), caller.clone());
        let repairing = self.tasks().spawn(async move {
            let _lock = lock;
            let stop = state.stop().clone();
            let outcome = stop.run_until_cancelled(Box::pin(state.run_repair(&caller, repair, selection)));
            outcome.await.unwrap_or(Err(DeadLettersError::Busy))
        });
        Ok(repairing.await.unwrap_or(Err(DeadLettersError::Broker { done: 0 }))?)
    }

    async fn run_repair(
        &self,
        caller: &Caller,
        repair: Repair,
        selection: Selection,
    ) -> Result<RepairResult, DeadLettersError> {
        let letters = self.dead_letters_in_time();
        let mut tally = RepairProgress::default();
        let mut file = None;
        let outcome = match repair {
            Repair::Replay { again } => {
                let replay = Replay { selection, again, dry_run: false };
                letters.replay(&replay, |now| tally = now).await
            }
            Repair::Discard => {
                let name = format!("dead-letters-{}.ndjson", Utc::now().format("%Y%m%dT%H%M%S%.3fZ"));
                let discarding = self.discard(&letters, &selection, &name, |now| tally = now).await;
                file = (tally.done > 0).then_some(name);
                discarding
            }
        };
        let action = repair.actions().1;
        info!(
            action = action.code(),
            done = tally.done,
            skipped = tally.skipped,
            refused = tally.refused,
            "repaired dead letters"
        );
        let end = if outcome.is_ok() { "complete" } else { "failed" };
        // The repair can't be undone. If it can't be recorded, that is in the log.
        let _ = self.record_end(caller, action, tally.done, end).await;
        match outcome {
            Ok(()) => Ok(RepairResult { tally, complete: true, file }),
            Err(DeadLetterError::TooLong(_)) => Ok(RepairResult { tally, complete: false, file }),
            Err(error) => Err(logged(&error, tally.done)),
        }
    }

    async fn discard(
        &self,
        letters: &DeadLetters,
        selection: &Selection,
        name: &str,
        watch: impl FnMut(RepairProgress),
    ) -> Result<(), DeadLetterError> {
        let path = self.settings().discarded.clone();
        if path.as_os_str().is_empty() {
            return Err(no_folder());
        }
        let not_kept = |source| DeadLetterError::NotSaved { file: path.display().to_string(), source };
        let opening = spawn_blocking({
            let path = path.clone();
            move || Folder::private(&path)
        });
        let folder = opening.await.map_err(io::Error::other).flatten().map_err(not_kept)?;
        letters.discard(selection, folder, name.as_ref(), watch).await
    }

    /// Waits until nobody else is inspecting or repairing dead letters. Two at once would each see only the messages that
    /// the other has not fetched.
    pub async fn lock_dead_letters(&self) -> Result<OwnedSemaphorePermit, DeadLettersError> {
        let lock = timeout(LOCK_TIMEOUT, self.dead_letters_lock().clone().acquire_owned()).await;
        lock.ok().and_then(Result::ok).ok_or(DeadLettersError::Busy)
    }

    /// The dead letters, with the time limit of one inspection or repair.
    #[must_use]
    pub fn dead_letters_in_time(&self) -> DeadLetters {
        self.dead_letters().within(TIMEOUT)
    }
}

/// The configuration has no folder for discarded letters, as nothing outlives this process.
fn no_folder() -> DeadLetterError {
    let source = io::Error::new(
        io::ErrorKind::Unsupported,
        "it is empty, so that nothing is discarded here; use `log-service dead-letters discard`, or name a folder that stays",
    );
    DeadLetterError::NotSaved { file: "dead_letters.folder".to_owned(), source }
}

/// Logs an error, and returns what the caller may know of it.
#[must_use]
pub fn logged(error: &DeadLetterError, done: u64) -> DeadLettersError {
    match error {
        DeadLetterError::TooLong(_) => {
            warn!(%error, "dead letters were not looked at to the end");
            DeadLettersError::TimedOut
        }
        DeadLetterError::NotSaved { .. } => {
            error!(%error, "dead letters can't be discarded");
            DeadLettersError::NotKept
        }
        DeadLetterError::Broker(_) | DeadLetterError::Unconfirmed(_) | DeadLetterError::NotRemoved => {
            error!(%error, "dead letters can't be looked at or repaired");
            DeadLettersError::Broker { done }
        }
    }
}
