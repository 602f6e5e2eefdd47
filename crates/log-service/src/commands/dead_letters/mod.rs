//! Messages that could not be stored, looked at and repaired.

mod discard;
mod export;
mod list;
mod replay;
mod show;

use audit_dead_letters::{DeadLetters, Selection};
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    CommandResult,
    reading::{Reading, question},
};
use crate::{
    cli::{DeadLettersAction, LettersArgs},
    domains::all,
};
use audit_config::Config;

pub(super) async fn dead_letters(config: &Config, action: &DeadLettersAction) -> CommandResult {
    let desk = Desk { reading: Reading::open(config).await?, dead_letters: config.dead_letters(&all()) };
    match action {
        DeadLettersAction::List(args) => list::list(&desk, args).await,
        DeadLettersAction::Show(args) => show::show(&desk, args).await,
        DeadLettersAction::Export(args) => export::export(&desk, args).await,
        DeadLettersAction::Replay(args) => replay::replay(&desk, args).await,
        DeadLettersAction::Discard(args) => discard::discard(&desk, args).await,
    }
}

/// The dead letters, and where it is recorded who looks at them.
struct Desk<'c> {
    reading: Reading<'c>,
    dead_letters: DeadLetters,
}

impl Desk<'_> {
    /// Records what is about to be shown or done.
    async fn record(&self, action: &'static str, args: &impl Serialize, letters: u64) -> CommandStep {
        let question: Json = question(args)?;
        self.reading.record(action, None, &question, letters).await?;
        Ok(())
    }
}

type CommandStep = Result<(), Box<dyn std::error::Error>>;

impl From<&LettersArgs> for Selection {
    fn from(LettersArgs { domain, reason, id }: &LettersArgs) -> Self {
        Self {
            domains: domain.iter().copied().collect(),
            reasons: reason.iter().cloned().collect(),
            ids: id.iter().copied().collect(),
        }
    }
}
