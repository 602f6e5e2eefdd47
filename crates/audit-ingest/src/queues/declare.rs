use audit_core::{Domain, Topology};
use lapin::{
    Connection,
    types::{AMQPValue, FieldTable},
};

use super::declarer::{Declarer, WarnOfDifferences};
use crate::{QueueType, Settings};

/// Practically unlimited, because only log-service decides what becomes a dead letter. By default, RabbitMQ 4 drops a
/// message of a quorum queue after 20 deliveries, and counts each lost connection as one.
const DELIVERY_LIMIT: i32 = 1_000_000;

/// A domain's queue and dead-letter queue, to be declared on a connection.
pub(crate) struct DomainQueues<'a> {
    pub(super) topology: &'a Topology,
    queue_type: QueueType,
    pub(super) domain: Domain,
    pub(super) declarer: Declarer<'a>,
}

/// What exists after declaring.
#[derive(Debug)]
pub(crate) enum Declared {
    /// Everything that the domain needs.
    Usable {
        /// How messages get lost in queues that others declared, in words for operators. Normally empty.
        problems: Vec<String>,
    },
    /// The domain's queue is a stream, which can't be consumed like a queue.
    Stream(String),
    /// The queue does not exist, and new queues of the virtual host become streams.
    WouldBeStream(String),
}

impl<'a> DomainQueues<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        settings: &'a Settings,
        domain: Domain,
        warn: WarnOfDifferences,
    ) -> Self {
        let Settings { topology, queue_type, .. } = settings;
        Self { topology, queue_type: *queue_type, domain, declarer: Declarer { connection, warn } }
    }

    /// Declares the domain's exchange, queue and dead-letter queue, as the original does.
    ///
    /// The dead-letter queue is declared after the queue, which reveals whether new queues become streams, and before the
    /// queue's binding, so before any event can arrive.
    pub(crate) async fn declare(&self) -> lapin::Result<Declared> {
        let Self { topology, domain, declarer, .. } = self;
        let (dead_letter_exchange, dead_letter_key) =
            (topology.dead_letter_exchange(), domain.dead_letter_routing_key());
        let arguments = self.queue_arguments(&dead_letter_exchange, &dead_letter_key);
        let exchange = declarer.exchange(&topology.exchange()).await?;
        let name = topology.queue(*domain);
        let queue = declarer.queue(&name, arguments).await?;
        if queue.is_none() {
            for name in [&name, &topology.dead_letter_queue(*domain)] {
                if !declarer.exists(name).await? {
                    return Ok(Declared::WouldBeStream(name.clone()));
                }
            }
        }
        let mut problems = self.declare_dead_letters().await?;
        declarer.binding(&topology.exchange(), &name, &domain.routing_key()).await?;
        problems.extend(problems_of("the exchange of all events", exchange.problems()));
        if let Some(queue) = queue {
            if queue.is_stream() {
                return Ok(Declared::Stream(name));
            }
            let dropped = queue.dropped_to(&dead_letter_exchange, &dead_letter_key);
            problems.extend(problems_of("its queue", queue.problems(dropped)));
        }
        Ok(Declared::Usable { problems })
    }

    /// Declares the exchange and queue of the domain's dead letters. Returns how dead letters would get lost there, in
    /// words for operators.
    pub(crate) async fn declare_dead_letters(&self) -> lapin::Result<Vec<String>> {
        let Self { topology, domain, declarer, .. } = self;
        let (exchange, queue) = (topology.dead_letter_exchange(), topology.dead_letter_queue(*domain));
        let exchange_problems = declarer.exchange(&exchange).await?.problems();
        let declared = declarer.queue(&queue, self.common_arguments()).await?;
        let queue_problems = declared.map(|queue| queue.problems_of_dead_letters()).unwrap_or_default();
        declarer.binding(&exchange, &queue, &domain.dead_letter_routing_key()).await?;
        let of_exchange = problems_of("the dead-letter exchange", exchange_problems);
        Ok(of_exchange.chain(problems_of("its dead-letter queue", queue_problems)).collect())
    }

    pub(super) fn queue_arguments(&self, dead_letter_exchange: &str, dead_letter_key: &str) -> FieldTable {
        let mut arguments = self.common_arguments();
        let mut text = |name: &str, value: &str| {
            arguments.insert(name.into(), AMQPValue::LongString(value.into()));
        };
        text("x-dead-letter-exchange", dead_letter_exchange);
        text("x-dead-letter-routing-key", dead_letter_key);
        if self.queue_type == QueueType::Quorum {
            arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
        }
        arguments
    }

    pub(super) fn common_arguments(&self) -> FieldTable {
        let mut arguments = FieldTable::default();
        match self.queue_type {
            // No argument at all: a queue that was declared without it counts as different.
            QueueType::Classic => {}
            QueueType::Quorum => {
                arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
            }
        }
        arguments
    }
}

fn problems_of(what: &str, problems: Vec<&'static str>) -> impl Iterator<Item = String> {
    problems.into_iter().map(move |problem| format!("{what} {problem}"))
}
