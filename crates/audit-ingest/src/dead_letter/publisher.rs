use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use audit_core::{
    Domain,
    dead_letter::DeadLetterReason,
    publish::{Backoff, ConfirmedChannel, ConnectError, Message, PublishError},
};
use tracing::{info, warn};
use uuid::Uuid;

use super::{message, rejection::Rejection};
use crate::{
    Settings,
    health::{Condition, not_dead_lettered},
    message::SourceMessage,
    queues::{DomainQueues, WarnOfDifferences},
};

/// How many fields of a batch the log names. A publisher may send any number of them.
const MAX_LOGGED_FIELDS: usize = 10;
/// How much of a field's name the log contains. A publisher may send names of any length.
const MAX_LOGGED_CHARS: usize = 60;

/// Publishes one domain's dead letters.
///
/// The connection is opened when it is first needed: most services never write a dead letter.
#[derive(Debug)]
pub(crate) struct DeadLetterPublisher {
    domain: Domain,
    settings: Arc<Settings>,
    /// Taken while in use, and dropped when it fails.
    channel: Mutex<Option<ConfirmedChannel>>,
}

impl DeadLetterPublisher {
    pub(crate) fn new(domain: Domain, settings: Arc<Settings>) -> Self {
        Self { domain, settings, channel: Mutex::new(None) }
    }

    /// Publishes copies of messages to the dead-letter exchange. Returns when the broker has confirmed all of them, however
    /// long that takes. While attempts fail, so does the condition.
    pub(crate) async fn publish(&self, rejected: Vec<(SourceMessage, Rejection)>, condition: &Condition) {
        self.log(rejected.iter().map(|(_, rejection)| rejection));
        let dead_letter = |(message, rejection)| {
            message::dead_letter(message, &rejection, &self.settings.topology, self.domain)
        };
        let mut open: Vec<Message> = rejected.into_iter().map(dead_letter).collect();
        let mut backoff = Backoff::up_to(self.settings.max_pause);
        let mut retrying = condition.retrying();
        while let Err(error) = self.try_publish(&mut open).await {
            if retrying.failed(not_dead_lettered(&error)) {
                warn!(domain = %self.domain, %error, "dead letters can't be published: trying again until they are");
            }
            tokio::time::sleep(backoff.next_delay()).await;
        }
        if retrying.has_failed() {
            info!(domain = %self.domain, "dead letters are published again");
        }
    }

    /// Logs one line for each kind of rejection, not for each message, because a publisher usually repeats its mistake.
    /// Events that could be decoded are logged one by one, with their ids.
    fn log<'r>(&self, rejections: impl Iterator<Item = &'r Rejection>) {
        for ((reason, field, event_id), messages) in kinds(rejections) {
            warn!(
                domain = %self.domain,
                reason = reason.code(),
                event_id = event_id.map(tracing::field::display),
                field,
                messages,
                "messages of domain {} can't be stored ({reason}): they go to the dead letters",
                self.domain,
            );
        }
    }

    /// Publishes the open messages, and keeps those that were not confirmed.
    async fn try_publish(&self, open: &mut Vec<Message>) -> Result<(), PublishError> {
        let idle = self.idle_channel();
        let mut channel = match idle {
            Some(channel) => channel,
            None => self.open_channel().await?,
        };
        let mut first_error = None;
        let mut messages = std::mem::take(open);
        for letter in &mut messages {
            message::fit(letter, channel.frame_max());
        }
        let outcomes = channel.publish_all(&messages).await;
        for (message, outcome) in messages.into_iter().zip(outcomes) {
            if let Err(error) = outcome {
                open.push(message);
                first_error.get_or_insert(error);
            }
        }
        match first_error {
            None => {
                self.keep_channel(channel);
                Ok(())
            }
            Some(error) => {
                channel.close().await;
                Err(error)
            }
        }
    }

    /// Opens a channel, and declares the dead-letter queue again in case it was deleted.
    async fn open_channel(&self) -> Result<ConfirmedChannel, ConnectError> {
        let broker = &self.settings.broker;
        let channel = ConfirmedChannel::open(broker).await?;
        let (connection, warn) = (channel.connection(), WarnOfDifferences::No);
        let queues = DomainQueues::new(connection, &self.settings, self.domain, warn);
        broker.with_timeout(queues.declare_dead_letters()).await?;
        Ok(channel)
    }

    fn idle_channel(&self) -> Option<ConfirmedChannel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep_channel(&self, channel: ConfirmedChannel) {
        *self.channel.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
    }
}

/// Counts rejections by reason, field and event. Only some fields are distinguished.
fn kinds<'r>(
    rejections: impl Iterator<Item = &'r Rejection>,
) -> BTreeMap<(DeadLetterReason, Option<String>, Option<Uuid>), usize> {
    let (mut kinds, mut fields) = (BTreeMap::new(), BTreeSet::new());
    for rejection in rejections {
        let field = rejection.field().map(shortened);
        let field = field.filter(|field| {
            fields.contains(field) || (fields.len() < MAX_LOGGED_FIELDS && fields.insert(field.clone()))
        });
        *kinds.entry((rejection.reason(), field, rejection.event_id())).or_default() += 1;
    }
    kinds
}

fn shortened(field: &str) -> String {
    match field.char_indices().nth(MAX_LOGGED_CHARS) {
        Some((end, _)) => format!("{}…", &field[..end]),
        None => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use audit_core::store::Malformed;
    use serde::de::Error;

    use super::*;

    #[test]
    fn fields_that_a_publisher_makes_up_are_few_and_short_in_the_log() {
        let source = || serde_json::Error::custom("holds a NUL character");
        let malformed = (0..300).map(|number| Malformed::InvalidField {
            field: format!("{number}층{}", "x".repeat(100_000)).into(),
            source: source(),
        });
        let rejections: Vec<_> = malformed.map(Rejection::from).collect();
        let kinds = kinds(rejections.iter());
        assert_eq!((kinds.len(), kinds.values().sum::<usize>()), (11, 300));
        assert_eq!(kinds[&(DeadLetterReason::InvalidField, None, None)], 290);
        assert!(kinds.keys().flat_map(|(_, field, _)| field).all(|field| field.chars().count() == 61));
    }
}
