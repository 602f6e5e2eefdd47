//! What is wrong with queues and exchanges that others declared: whether messages get lost in them, by their arguments.
//!
//! Words are fixed, as those of [`trouble`](crate::trouble).

use lapin::types::{AMQPValue, FieldTable};

use crate::difference::{Current, Difference};

/// A message that came again as often as that is in no circle of lost connections any more.
const ENOUGH_DELIVERIES: i64 = 1000;

/// A queue as it is.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) durable: bool,
    pub(crate) auto_delete: bool,
    pub(crate) arguments: FieldTable,
}

/// An exchange as it is.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) kind: String,
    pub(crate) durable: bool,
    pub(crate) internal: bool,
}

/// Where a queue's messages go that it drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// To the domain's own dead-letter queue: they can be put back.
    ToDeadLetters,
    /// Nowhere, or where nobody looks for them.
    Elsewhere,
}

impl Queue {
    /// It is in one respect another than it was thought to be. Says whether more may be found out.
    pub(crate) fn learn(&mut self, Difference { argument, current }: Difference<'_>) -> bool {
        let is_known = self.has(argument);
        match (argument, current) {
            ("durable", Current::Is(AMQPValue::Boolean(durable))) => self.durable = durable,
            ("auto_delete", Current::Is(AMQPValue::Boolean(auto_delete))) => self.auto_delete = auto_delete,
            (_, Current::Is(value)) => {
                self.arguments.insert(argument.into(), value);
            }
            // Asked without it, the broker says it in fewer words.
            (_, Current::Absent | Current::CutOff) if is_known => self.remove(argument),
            (_, Current::Absent | Current::CutOff) => {
                self.arguments.insert(argument.into(), AMQPValue::Void);
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

    /// Whether this queue's dead letters go to the exchange under the key.
    pub(crate) fn dropped_to(&self, exchange: &str, key: &str) -> Dropped {
        let is_ours = self.text("x-dead-letter-exchange") == Some(exchange)
            && self.text("x-dead-letter-routing-key") == Some(key);
        if is_ours { Dropped::ToDeadLetters } else { Dropped::Elsewhere }
    }

    /// How it loses messages of business services.
    pub(crate) fn flaws(&self, dropped: Dropped) -> Vec<&'static str> {
        let mut flaws = self.flaws_of_any();
        if self.is_bounded() && self.text("x-overflow") == Some("reject-publish") {
            flaws.push("refuses events when it is full, which are lost if their publisher does not wait for confirms (x-overflow)");
        } else if self.is_bounded() && dropped == Dropped::Elsewhere {
            flaws.push("drops events when it is full (x-max-length)");
        }
        if dropped == Dropped::Elsewhere {
            flaws.extend(self.flaws_without_dead_lettering());
        }
        flaws
    }

    /// How it loses dead letters. Whatever leaves it by itself is lost: it is the last place for it.
    pub(crate) fn flaws_for_dead_letters(&self) -> Vec<&'static str> {
        let mut flaws = self.flaws_of_any();
        if self.is_stream() {
            flaws.push("is a stream, in which dead letters can't be looked at (x-queue-type)");
        }
        // One that refuses them holds the domain up, which is seen, and loses none.
        let refuses = matches!(self.text("x-overflow"), Some("reject-publish" | "reject-publish-dlx"));
        if self.is_bounded() && !refuses {
            flaws.push("drops the oldest when it is full (x-max-length)");
        }
        flaws.extend(self.flaws_without_dead_lettering());
        flaws
    }

    /// Those that no dead-lettering helps against: the broker does not dead-letter what goes with its queue.
    fn flaws_of_any(&self) -> Vec<&'static str> {
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

    fn flaws_without_dead_lettering(&self) -> impl Iterator<Item = &'static str> {
        let few =
            self.number("x-delivery-limit").is_some_and(|limit| (0..ENOUGH_DELIVERIES).contains(&limit));
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

impl Exchange {
    /// How it loses messages, or gives them to the wrong queues.
    pub(crate) fn flaws(&self) -> Vec<&'static str> {
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

fn applying<const N: usize>(flaws: [(bool, &'static str); N]) -> impl Iterator<Item = &'static str> {
    flaws.into_iter().filter_map(|(applies, flaw)| applies.then_some(flaw))
}
