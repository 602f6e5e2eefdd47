use std::error::Error;

use audit_dead_letters::DeadLetters;
use audit_query::{AccessAction, Unrecorded};
use serde::Serialize;

use crate::{
    context::Context,
    reading::{Session, recorded_arguments},
};

/// The dead letters, and the access log that every use of them is recorded in.
pub(super) struct DeadLetterSession<'c> {
    pub(super) dead_letters: DeadLetters,
    pub(super) session: Session<'c>,
}

impl<'c> DeadLetterSession<'c> {
    pub(super) async fn open(context: &Context<'c>) -> Result<Self, Box<dyn Error>> {
        let session = Session::open(context).await?;
        Ok(Self { dead_letters: context.config.dead_letters(&context.logs()), session })
    }

    /// Records who asked, and gives the answer out.
    pub(super) async fn release<T>(
        &self,
        answer: Unrecorded<T>,
        args: &impl Serialize,
    ) -> Result<T, Box<dyn Error>> {
        Ok(self.session.release(answer, recorded_arguments(args)?).await?)
    }

    /// Records that something begins, or has ended.
    pub(super) async fn record(
        &self,
        action: AccessAction,
        args: &impl Serialize,
        letters: u64,
    ) -> Result<(), Box<dyn Error>> {
        self.session.record(action, recorded_arguments(args)?, letters).await?;
        Ok(())
    }
}
