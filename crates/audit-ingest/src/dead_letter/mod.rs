mod message;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use audit_core::{
    Domain,
    publish::{ConfirmedChannel, ConnectError, Message, Pauses, PublishError},
    store::Malformed,
};
use tracing::{info, warn};
use uuid::Uuid;

use crate::{
    Condition, Settings, StoreError,
    declare::{WarnOfOthers, declare_dead_letters},
    original::Original,
    trouble::not_buried,
};

/// Why a message can never be stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The same id is stored with another time or other content. The first stays; somebody must look.
    #[error("an event with the same id, but another time or other content, is stored already")]
    Conflict { id: Uuid },
    /// The database refuses this row alone.
    #[error("the database refuses the row: {source}")]
    Refused { id: Uuid, source: StoreError },
}

impl Rejection {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.reason(),
            Self::Conflict { .. } => "conflict",
            Self::Refused { .. } => "refused_by_database",
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Malformed(malformed) => malformed.field(),
            Self::Conflict { .. } | Self::Refused { .. } => None,
        }
    }

    /// The event's id, where the body could be read.
    fn event_id(&self) -> Option<Uuid> {
        match self {
            Self::Malformed(_) => None,
            Self::Conflict { id } | Self::Refused { id, .. } => Some(*id),
        }
    }
}

/// How many there are of each: reason, field and event. Of the fields, only some are told apart.
fn kinds<'r>(
    rejections: impl Iterator<Item = &'r Rejection>,
) -> BTreeMap<(&'static str, Option<String>, Option<Uuid>), usize> {
    let (mut kinds, mut fields) = (BTreeMap::new(), BTreeSet::new());
    for rejection in rejections {
        let field = rejection.field().map(name_in_log);
        let field = field.filter(|field| {
            fields.contains(field) || (fields.len() < MOST_FIELDS && fields.insert(field.clone()))
        });
        *kinds.entry((rejection.reason(), field, rejection.event_id())).or_default() += 1;
    }
    kinds
}

/// So many fields of a batch are named in the log: a publisher can make up any number.
const MOST_FIELDS: usize = 10;

/// A field's name as far as a log line needs it: a publisher can make up one of any length.
fn name_in_log(field: &str) -> String {
    const MOST_CHARS: usize = 60;
    match field.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &field[..end]),
        None => field.to_owned(),
    }
}

/// The way to one domain's dead-letter queue.
///
/// The connection is opened when it is first needed: most services never write a dead letter.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    domain: Domain,
    settings: Arc<Settings>,
    /// Out while it is used; left out when it failed.
    channel: Mutex<Option<ConfirmedChannel>>,
}

impl DeadLetters {
    pub(crate) fn new(domain: Domain, settings: Arc<Settings>) -> Self {
        Self { domain, settings, channel: Mutex::new(None) }
    }

    /// Publishes copies of messages to the dead-letter exchange, and returns when the broker has confirmed
    /// all of them. It tries for as long as it takes.
    /// Meanwhile the condition fails, with the reason.
    pub(crate) async fn bury(&self, rejected: Vec<(Original, Rejection)>, condition: &Condition) {
        self.tell(rejected.iter().map(|(_, rejection)| rejection));
        let dead_letter = |(original, rejection)| {
            message::dead_letter(original, &rejection, &self.settings.topology, self.domain)
        };
        let mut open: Vec<Message> = rejected.into_iter().map(dead_letter).collect();
        let mut pauses = Pauses::up_to(self.settings.max_pause);
        let mut waiting = condition.waiting();
        while let Err(error) = self.try_bury(&mut open).await {
            if waiting.goes_on(not_buried(&error)) {
                warn!(domain = %self.domain, %error, "dead letters can't be published: trying again until they are");
            }
            tokio::time::sleep(pauses.next()).await;
        }
        if waiting.has_begun() {
            info!(domain = %self.domain, "dead letters are published again");
        }
    }

    /// Logs one line for each kind of rejection, not for each message: a publisher that is wrong mostly is so again and
    /// again. Events that could be read are told one by one, with their ids.
    fn tell<'r>(&self, rejections: impl Iterator<Item = &'r Rejection>) {
        for ((reason, field, event_id), messages) in kinds(rejections) {
            warn!(
                domain = %self.domain,
                reason,
                event_id = event_id.map(tracing::field::display),
                field,
                messages,
                "messages of domain {} can't be stored ({reason}): they go to the dead letters",
                self.domain,
            );
        }
    }

    /// Publishes what is open, and leaves in it what was not confirmed.
    async fn try_bury(&self, open: &mut Vec<Message>) -> Result<(), PublishError> {
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

    /// A new channel. It declares the dead-letter queue again, in case somebody deleted it meanwhile.
    async fn open_channel(&self) -> Result<ConfirmedChannel, ConnectError> {
        let Settings { broker, topology, queue_type, .. } = &*self.settings;
        let channel = ConfirmedChannel::open(broker).await?;
        let declaring =
            declare_dead_letters(channel.connection(), topology, self.domain, *queue_type, WarnOfOthers::No);
        broker.in_time(declaring).await?;
        Ok(channel)
    }

    fn idle_channel(&self) -> Option<ConfirmedChannel> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep_channel(&self, channel: ConfirmedChannel) {
        *self.channel.lock().unwrap_or_else(PoisonError::into_inner) = Some(channel);
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(kinds[&("invalid_field", None, None)], 290);
        assert!(kinds.keys().flat_map(|(_, field, _)| field).all(|field| field.chars().count() == 61));
    }
}
