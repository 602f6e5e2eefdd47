use audit_core::publish::{ConfirmedChannel, Message, PublishError};
use tracing::warn;

use crate::{
    DeadLetterError, DeadLetters, RepairProgress, Selection,
    queue_scan::{UnackedLetter, remove},
};

/// Which dead letters to replay, and how.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// Which dead letters.
    pub selection: Selection,
    /// Include those that were replayed before.
    pub again: bool,
    /// Only count what would be replayed.
    pub dry_run: bool,
}

impl DeadLetters {
    /// Replays dead letters: publishes each as it was, waits for the broker's confirm, and only then removes it. If this is
    /// interrupted, some are in both places; none is lost.
    ///
    /// A message that was replayed before would probably come back again, so it is skipped unless `again` is set.
    /// `on_progress` is called after each window, also before an error is returned.
    pub async fn replay(
        &self,
        replay: &Replay,
        mut on_progress: impl FnMut(RepairProgress),
    ) -> Result<(), DeadLetterError> {
        let mut scan = self.scan(&replay.selection).await?;
        let mut progress = RepairProgress { total: scan.total(), ..RepairProgress::default() };
        let mut channel = None;
        while let Some(letters) = scan.next().await? {
            let (open, before): (Vec<_>, Vec<_>) =
                letters.into_iter().partition(|unacked| replay.again || unacked.letter.replays == 0);
            progress.seen = scan.seen();
            progress.skipped += before.len() as u64;
            if replay.dry_run {
                progress.done += open.len() as u64;
            } else if !open.is_empty() {
                let channel = match &mut channel {
                    Some(channel) => channel,
                    none => none.insert(ConfirmedChannel::open(&self.broker).await?),
                };
                self.put_back(channel, open, &mut progress, &mut on_progress).await?;
            }
            on_progress(progress);
        }
        if let Some(channel) = channel {
            channel.close().await;
        }
        scan.end().await
    }

    /// Publishes and removes. What the broker refuses stays; after any other failure, everything that was not confirmed
    /// does.
    async fn put_back(
        &self,
        channel: &mut ConfirmedChannel,
        open: Vec<UnackedLetter>,
        progress: &mut RepairProgress,
        on_progress: &mut impl FnMut(RepairProgress),
    ) -> Result<(), DeadLetterError> {
        let messages: Vec<Message> =
            open.iter().map(|unacked| unacked.letter.replayed(&self.topology)).collect();
        let (mut arrived, mut failed) = (Vec::new(), None);
        for (unacked, outcome) in open.into_iter().zip(channel.publish_all(&messages).await) {
            match outcome {
                Ok(()) => arrived.push(unacked),
                Err(
                    error @ (PublishError::Unroutable { .. }
                    | PublishError::Refused
                    | PublishError::NameTooLong(_)),
                ) => {
                    // The others are likely to be refused for the same reason.
                    if progress.refused == 0 {
                        let (domain, id) = (unacked.letter.domain, unacked.letter.id);
                        warn!(%domain, %id, %error, "the broker does not take a dead letter back: it stays");
                    }
                    progress.refused += 1;
                }
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        remove(&self.broker, &arrived).await?;
        progress.done += arrived.len() as u64;
        match failed {
            None => Ok(()),
            Some(error) => {
                on_progress(*progress);
                Err(DeadLetterError::Unconfirmed(error))
            }
        }
    }
}
