//! Looking at dead letters and repairing them, for the API and the page alike: one at a time, bounded in time, and
//! recorded like a read.

use std::{io, time::Duration};

use audit_dead_letters::{
    DeadLetter, DeadLetterError, DeadLetters, LetterId, Listing, Overview, RepairProgress, Replay, Selection,
};
use axum::http::StatusCode;
use chrono::Utc;
use private_files::Folder;
use serde_json::Value as Json;
use tokio::{sync::OwnedSemaphorePermit, task::spawn_blocking, time::timeout};
use tracing::{error, info, warn};

use crate::{
    app::App,
    asking::Asking,
    problem::{ParamProblem, Problem},
    read::Read,
};

/// The longest that one look or repair may take; what is left then stays as it is.
const LONGEST: Duration = Duration::from_mins(1);
/// The longest wait for the one before to end.
const TURN: Duration = Duration::from_secs(30);

/// Why nothing was looked at or repaired, or not all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Parameters that can't be understood.
    #[error("parameters that can't be understood")]
    Params(Vec<ParamProblem>),
    /// Nobody has such a dead letter, or somebody holds it at the moment.
    #[error("there is no such dead letter")]
    NoLetter,
    /// A page of another site had a browser send this.
    #[error("the request was not sent by this site's own page")]
    CrossSite,
    /// Others are at it.
    #[error("the dead letters are being looked at by somebody else; try again later")]
    Busy,
    /// There was no time left.
    #[error("there are so many dead letters that it took too long; choose a domain, or use the command line")]
    TooLong,
    /// What is discarded has no place to be kept.
    #[error("what is discarded can't be kept on the server, so it stays; the service's log says why")]
    NotKept,
    /// The broker does not do what it is asked.
    #[error("the broker can't be asked at the moment ({0} were dealt with before); try again later")]
    Broker(u64),
    /// It can't be recorded who asks.
    #[error("the access log can't be written")]
    Unrecorded(Problem),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::Params(errors) => Self::params(errors),
            Failure::NoLetter => Self::not_found(text),
            Failure::CrossSite => Self::new(StatusCode::FORBIDDEN, text),
            Failure::Busy | Failure::TooLong | Failure::NotKept | Failure::Broker(_) => {
                Self::unavailable(text)
            }
            Failure::Unrecorded(problem) => problem,
        }
    }
}

/// What a repair has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repaired {
    pub(crate) tally: RepairProgress,
    /// Whether it came to its end in time.
    pub(crate) complete: bool,
    /// Where discarded letters are kept, by the file's name.
    pub(crate) file: Option<String>,
}

/// What is done to dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// They are put back; with `again`, those too that were put back before.
    Replay { again: bool },
    /// They are taken away.
    Discard,
}

impl Repair {
    fn actions(self) -> (&'static str, &'static str) {
        match self {
            Self::Replay { .. } => ("REPLAY", "REPLAY_END"),
            Self::Discard => ("DISCARD", "DISCARD_END"),
        }
    }
}

impl App {
    /// Counts dead letters and lists the first ones.
    pub(crate) async fn dead_letter_overview(
        &self,
        asking: &Asking,
        selection: &Selection,
        limit: u16,
        question: Json,
    ) -> Result<Overview, Failure> {
        let _turn = self.turn().await?;
        let listing = Listing { limit: limit.into(), preview: false };
        let found = self.bounded_dead_letters().overview(selection, listing, |_, _| {}).await;
        let found = found.map_err(|error| failure(&error, 0))?;
        self.note(asking, Read::facts("DEAD_LETTERS", found.letters.len()).asked(question)).await?;
        Ok(found)
    }

    /// One dead letter, and how many are the same.
    pub(crate) async fn dead_letter(
        &self,
        asking: &Asking,
        domain: &str,
        id: &str,
    ) -> Result<(DeadLetter, u64), Failure> {
        let domain = self.dead_letters().domain(domain).ok_or(Failure::NoLetter)?;
        let id: LetterId = id.parse().map_err(|_| Failure::NoLetter)?;
        let _turn = self.turn().await?;
        let found = self.bounded_dead_letters().find(&Selection::one(domain, id)).await;
        let found = found.map_err(|error| failure(&error, 0))?;
        let rows = usize::from(found.is_some());
        self.note(asking, Read::facts("DEAD_LETTER", rows).of(format!("{domain}/{id}"))).await?;
        found.ok_or(Failure::NoLetter)
    }

    /// Repairs dead letters. It goes on to its end when whoever asked has gone, and is given up when the service stops.
    pub(crate) async fn repair(
        &self,
        asking: &Asking,
        repair: Repair,
        selection: Selection,
        question: Json,
    ) -> Result<Repaired, Failure> {
        let turn = self.turn().await?;
        self.note(asking, Read::begun(repair.actions().0).asked(question)).await?;
        let (app, asking) = (self.clone(), asking.clone());
        let repairing = self.tasks().spawn(async move {
            let _turn = turn;
            let stop = app.stop().clone();
            let outcome = stop.run_until_cancelled(Box::pin(app.repaired(&asking, repair, selection))).await;
            outcome.unwrap_or(Err(Failure::Busy))
        });
        repairing.await.unwrap_or(Err(Failure::Broker(0)))
    }

    async fn repaired(
        &self,
        asking: &Asking,
        repair: Repair,
        selection: Selection,
    ) -> Result<Repaired, Failure> {
        let letters = self.bounded_dead_letters();
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
            action,
            done = tally.done,
            skipped = tally.skipped,
            refused = tally.refused,
            "repaired dead letters"
        );
        let end = if outcome.is_ok() { "complete" } else { "failed" };
        // What was done can't be undone; that it can't be recorded is in the log.
        let _ = self.record(asking, Read::ended(action, tally.done, end)).await;
        match outcome {
            Ok(()) => Ok(Repaired { tally, complete: true, file }),
            Err(DeadLetterError::TooLong(_)) => Ok(Repaired { tally, complete: false, file }),
            Err(error) => Err(failure(&error, tally.done)),
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
            return Err(unkept_without_folder());
        }
        let unkept = |source| DeadLetterError::NotSaved { file: path.display().to_string(), source };
        let opening = spawn_blocking({
            let path = path.clone();
            move || Folder::private(&path)
        });
        let folder = opening.await.map_err(io::Error::other).flatten().map_err(unkept)?;
        letters.discard(selection, folder, name.as_ref(), watch).await
    }

    /// Waits until nobody else is at the dead letters.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Failure> {
        // Two at once would each see only what the other does not hold.
        let turn = timeout(TURN, self.dead_letter_turns().clone().acquire_owned()).await;
        turn.ok().and_then(Result::ok).ok_or(Failure::Busy)
    }

    /// Records a look or a repair before it is answered.
    pub(crate) async fn note(&self, asking: &Asking, read: Read) -> Result<(), Failure> {
        self.record(asking, read).await.map_err(Failure::Unrecorded)
    }

    /// The way to the dead letters for one look, which ends in time.
    pub(crate) fn bounded_dead_letters(&self) -> DeadLetters {
        self.dead_letters().within(LONGEST)
    }
}

/// Nothing is discarded where nothing outlives this process, and the configuration says so.
fn unkept_without_folder() -> DeadLetterError {
    let source = io::Error::new(
        io::ErrorKind::Unsupported,
        "it is empty, so that nothing is discarded here; use `log-service dead-letters discard`, or name a folder that stays",
    );
    DeadLetterError::NotSaved { file: "dead_letters.folder".to_owned(), source }
}

/// Logs what went wrong, and says it without its details.
pub(crate) fn failure(error: &DeadLetterError, done: u64) -> Failure {
    match error {
        DeadLetterError::TooLong(_) => {
            warn!(%error, "dead letters were not looked at to the end");
            Failure::TooLong
        }
        DeadLetterError::NotSaved { .. } => {
            error!(%error, "dead letters can't be discarded");
            Failure::NotKept
        }
        DeadLetterError::Broker(_) | DeadLetterError::Unconfirmed(_) | DeadLetterError::NotRemoved => {
            error!(%error, "dead letters can't be looked at or repaired");
            Failure::Broker(done)
        }
    }
}
