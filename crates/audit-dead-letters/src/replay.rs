use audit_core::publish::{ConfirmedChannel, Message, PublishError};
use tracing::warn;

use crate::{
    DeadLetterError, DeadLetters, Selection, Tally,
    look::{Held, remove},
};

/// What is put back, and how.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Which dead letters.
    pub selection: Selection,
    /// Those too that were put back before.
    pub again: bool,
    /// Only count what would be put back.
    pub dry_run: bool,
}

impl DeadLetters {
    /// Puts dead letters back: publishes each as it was before, waits for the broker's confirm, and only then removes
    /// it. Cut off in the middle, some are in both places; none is lost.
    ///
    /// A message that was put back before and is here again would come back once more: it is left alone, unless
    /// `again` is set. `watch` is told after each window how far it has come, and holds the last word in case of an
    /// error.
    pub async fn replay(&self, replay: &Replay, mut watch: impl FnMut(Tally)) -> Result<(), DeadLetterError> {
        let mut look = self.look(&replay.selection).await?;
        let mut tally = Tally { total: look.total(), ..Tally::default() };
        let mut channel = None;
        while let Some(held) = look.next().await? {
            let (open, before): (Vec<_>, Vec<_>) =
                held.into_iter().partition(|held| replay.again || held.letter.replays == 0);
            tally.seen = look.seen();
            tally.skipped += before.len() as u64;
            if replay.dry_run {
                tally.done += open.len() as u64;
            } else if !open.is_empty() {
                let channel = match &mut channel {
                    Some(channel) => channel,
                    none => none.insert(ConfirmedChannel::open(&self.broker).await?),
                };
                self.put_back(channel, open, &mut tally, &mut watch).await?;
            }
            watch(tally);
        }
        if let Some(channel) = channel {
            channel.close().await;
        }
        look.end().await
    }

    /// Publishes and removes. What the broker does not take stays; after any other failure, all that was not
    /// confirmed does.
    async fn put_back(
        &self,
        channel: &mut ConfirmedChannel,
        open: Vec<Held>,
        tally: &mut Tally,
        watch: &mut impl FnMut(Tally),
    ) -> Result<(), DeadLetterError> {
        let messages: Vec<Message> = open.iter().map(|held| held.letter.replayed(&self.topology)).collect();
        let (mut arrived, mut failed) = (Vec::new(), None);
        for (held, outcome) in open.into_iter().zip(channel.publish_all(&messages).await) {
            match outcome {
                Ok(()) => arrived.push(held),
                Err(
                    error @ (PublishError::Unroutable { .. }
                    | PublishError::Refused
                    | PublishError::NameTooLong(_)),
                ) => {
                    // The others are likely to be refused for the same.
                    if tally.refused == 0 {
                        let (domain, id) = (held.letter.domain, held.letter.id);
                        warn!(%domain, %id, %error, "the broker does not take a dead letter back: it stays");
                    }
                    tally.refused += 1;
                }
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        remove(&self.broker, &arrived).await?;
        tally.done += arrived.len() as u64;
        match failed {
            None => Ok(()),
            Some(error) => {
                watch(*tally);
                Err(DeadLetterError::Unconfirmed(error))
            }
        }
    }
}
