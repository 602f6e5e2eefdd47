use std::error::Error;

use audit_dead_letters::DeadLetters;
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

    /// Records what is about to be shown or done.
    pub(super) async fn record(
        &self,
        action: &'static str,
        args: &impl Serialize,
        letters: u64,
    ) -> Result<(), Box<dyn Error>> {
        self.session.record(action, None, &recorded_arguments(args)?, letters).await?;
        Ok(())
    }
}
