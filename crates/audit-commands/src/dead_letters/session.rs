use std::error::Error;

use audit_dead_letters::{DeadLetter, DeadLetters, Listing, Overview, Selection};
use audit_query::{AccessAction, Unrecorded};
use chrono_tz::Tz;
use serde::Serialize;

use crate::{
    context::Context,
    reading::{Session, recorded_arguments},
};

/// The dead letters, which nobody gets at without a record in the access log: reads are [`Unrecorded`], and everything
/// else begins with [`begin`](Self::begin).
pub(super) struct DeadLetterSession<'c> {
    dead_letters: DeadLetters,
    session: Session<'c>,
}

impl<'c> DeadLetterSession<'c> {
    pub(super) async fn open(context: &Context<'c>) -> Result<Self, Box<dyn Error>> {
        let session = Session::open(context).await?;
        Ok(Self { dead_letters: context.config.dead_letters(&context.logs()), session })
    }

    /// The zone that times are shown in.
    pub(super) fn zone(&self) -> Tz {
        self.session.zone(None)
    }

    /// Counts the selected dead letters, and lists the first of them.
    pub(super) async fn overview(
        &self,
        selection: &Selection,
        listing: Listing,
        on_progress: impl FnMut(u64, u64),
    ) -> Result<Unrecorded<Overview>, Box<dyn Error>> {
        let overview = self.dead_letters.overview(selection, listing, on_progress).await?;
        Ok(Unrecorded::new(AccessAction::DeadLetters, overview.letters.len(), overview))
    }

    /// Finds the first of the selected dead letters, with its line of an export, and how many there are.
    pub(super) async fn find(
        &self,
        selection: &Selection,
    ) -> Result<Unrecorded<Option<(DeadLetter, Vec<u8>, u64)>>, Box<dyn Error>> {
        let found = self.dead_letters.find(selection).await?.map(|(letter, count)| {
            let line = self.dead_letters.line(&letter);
            (letter, line, count)
        });
        Ok(Unrecorded::new(AccessAction::DeadLetter, usize::from(found.is_some()), found))
    }

    /// Counts the selected dead letters, and shows none.
    pub(super) async fn count(&self, selection: &Selection) -> Result<u64, Box<dyn Error>> {
        Ok(self.dead_letters.overview(selection, Listing::default(), |_, _| {}).await?.total())
    }

    /// Records who asked, and gives the answer out.
    pub(super) async fn release<T>(
        &self,
        answer: Unrecorded<T>,
        args: &impl Serialize,
    ) -> Result<T, Box<dyn Error>> {
        Ok(self.session.release(answer, recorded_arguments(args)?).await?)
    }

    /// Records that something begins, and gives out the dead letters to do it with.
    pub(super) async fn begin(
        &self,
        action: AccessAction,
        args: &impl Serialize,
    ) -> Result<&DeadLetters, Box<dyn Error>> {
        self.session.record(action, recorded_arguments(args)?, 0).await?;
        Ok(&self.dead_letters)
    }

    /// Records that something has ended, with so many dead letters.
    pub(super) async fn end(
        &self,
        action: AccessAction,
        args: &impl Serialize,
        letters: u64,
    ) -> Result<(), Box<dyn Error>> {
        self.session.record(action, recorded_arguments(args)?, letters).await?;
        Ok(())
    }
}
