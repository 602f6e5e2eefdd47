//! Existing queues and exchanges, perhaps declared by others, and how their arguments make messages get lost.
//!
//! The texts are fixed, like all reasons of [`health`](crate::health).

use lapin::types::{AMQPValue, FieldTable};

use super::inequivalent_argument::{CurrentValue, InequivalentArgument};

/// More redeliveries than lost connections alone would cause.
const MIN_DELIVERY_LIMIT: i64 = 1000;

/// A queue as it exists.
#[derive(Debug)]
pub(crate) struct ExistingQueue {
    pub(crate) durable: bool,
    pub(crate) auto_delete: bool,
    pub(crate) arguments: FieldTable,
}

/// An exchange as it exists.
#[derive(Debug)]
pub(crate) struct ExistingExchange {
    pub(crate) kind: String,
    pub(crate) durable: bool,
    pub(crate) internal: bool,
}

/// Where messages go that a queue drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// To the domain's own dead-letter queue, from where they can be replayed.
    ToDeadLetters,
    /// Nowhere, or to another queue.
    Elsewhere,
}

impl ExistingQueue {
    /// Notes an argument that differs from what was assumed. Returns whether another declaration may reveal more.
    pub(crate) fn correct(&mut self, argument: InequivalentArgument<'_>) -> bool {
        let InequivalentArgument { name, current } = argument;
        let was_declared = self.has(name);
        match (name, current) {
            ("durable", CurrentValue::Is(AMQPValue::Boolean(durable))) => self.durable = durable,
            ("auto_delete", CurrentValue::Is(AMQPValue::Boolean(auto_delete))) => {
                self.auto_delete = auto_delete;
            }
            (_, CurrentValue::Is(value)) => {
                self.arguments.insert(name.into(), value);
            }
            // Declared without it, the broker's text is shorter.
            (_, CurrentValue::Absent | CurrentValue::Truncated) if was_declared => self.remove(name),
            (_, CurrentValue::Absent | CurrentValue::Truncated) => {
                self.arguments.insert(name.into(), AMQPValue::Void);
                return false;
            }
        }
        true
    }

    fn remove(&mut self, argument: &str) {
        let mut arguments = self.arguments.inner().clone();
        arguments.remove(argument);
        self.arguments = arguments.into();
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.text("x-queue-type") == Some("stream")
    }

    /// Where its dropped messages go, if dead letters belong to this exchange under this key.
    pub(crate) fn dropped_to(&self, exchange: &str, key: &str) -> Dropped {
        let is_ours = self.text("x-dead-letter-exchange") == Some(exchange)
            && self.text("x-dead-letter-routing-key") == Some(key);
        if is_ours { Dropped::ToDeadLetters } else { Dropped::Elsewhere }
    }

    /// How it loses events.
    pub(crate) fn problems(&self, dropped: Dropped) -> Vec<&'static str> {
        let mut problems = self.common_problems();
        if self.is_bounded() && self.text("x-overflow") == Some("reject-publish") {
            problems.push("refuses events when it is full, which are lost if their publisher does not wait for confirms (x-overflow)");
        } else if self.is_bounded() && dropped == Dropped::Elsewhere {
            problems.push("drops events when it is full (x-max-length)");
        }
        if dropped == Dropped::Elsewhere {
            problems.extend(self.problems_without_dead_lettering());
        }
        problems
    }

    /// How it loses dead letters, as a dead-letter queue. Any message that it drops is lost.
    pub(crate) fn problems_of_dead_letters(&self) -> Vec<&'static str> {
        let mut problems = self.common_problems();
        if self.is_stream() {
            problems.push("is a stream, in which dead letters can't be looked at (x-queue-type)");
        }
        // One that refuses them holds the domain up, which is seen, and loses none.
        let refuses = matches!(self.text("x-overflow"), Some("reject-publish" | "reject-publish-dlx"));
        if self.is_bounded() && !refuses {
            problems.push("drops the oldest when it is full (x-max-length)");
        }
        problems.extend(self.problems_without_dead_lettering());
        problems
    }

    /// Losses in spite of dead-lettering: the broker dead-letters nothing when a queue is deleted.
    fn common_problems(&self) -> Vec<&'static str> {
        applying([
            (!self.durable, "is lost when the broker restarts (durable)"),
            (self.auto_delete, "is deleted with all that waits when its last consumer ends (auto_delete)"),
            (
                self.has("x-expires"),
                "is deleted with all that waits when it is not used for some time (x-expires)",
            ),
        ])
        .collect()
    }

    fn problems_without_dead_lettering(&self) -> impl Iterator<Item = &'static str> {
        let few =
            self.number("x-delivery-limit").is_some_and(|limit| (0..MIN_DELIVERY_LIMIT).contains(&limit));
        applying([
            (self.has("x-message-ttl"), "drops what waits for too long (x-message-ttl)"),
            (few, "drops what comes again too often (x-delivery-limit)"),
        ])
    }

    fn is_bounded(&self) -> bool {
        self.has("x-max-length") || self.has("x-max-length-bytes")
    }

    fn has(&self, argument: &str) -> bool {
        self.arguments.inner().contains_key(argument)
    }

    fn text(&self, argument: &str) -> Option<&str> {
        match self.arguments.inner().get(argument)? {
            AMQPValue::LongString(text) => str::from_utf8(text.as_bytes()).ok(),
            _ => None,
        }
    }

    fn number(&self, argument: &str) -> Option<i64> {
        match self.arguments.inner().get(argument)? {
            AMQPValue::LongInt(number) => Some((*number).into()),
            AMQPValue::LongLongInt(number) => Some(*number),
            _ => None,
        }
    }
}

impl ExistingExchange {
    /// How it loses messages, or routes them to the wrong queues.
    pub(crate) fn problems(&self) -> Vec<&'static str> {
        let kind = match self.kind.as_str() {
            // Our keys have no wildcards.
            "topic" | "direct" => None,
            "fanout" | "headers" => Some("gives each message to the queues of all domains (type)"),
            _ => Some("is no topic exchange, and may give messages to other queues, or to none (type)"),
        };
        let others = [
            (
                !self.durable,
                "is lost when the broker restarts, and what is published until it is there again (durable)",
            ),
            (self.internal, "takes nothing from publishers (internal)"),
        ];
        kind.into_iter().chain(applying(others)).collect()
    }
}

fn applying<const N: usize>(problems: [(bool, &'static str); N]) -> impl Iterator<Item = &'static str> {
    problems.into_iter().filter_map(|(applies, problem)| applies.then_some(problem))
}
