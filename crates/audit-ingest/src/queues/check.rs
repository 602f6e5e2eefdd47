//! Whether the broker has what the service needs, without changing anything there.

use audit_core::Domain;
use lapin::{Connection, ErrorKind, protocol::AMQPErrorKind, types::FieldTable};

use super::{
    declare::DomainQueues,
    declarer::WarnOfDifferences,
    existing::{Dropped, ExistingQueue},
    probe::{Permission, Probe},
};
use crate::Settings;

/// An exchange or queue of the broker, as a check found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedQueue {
    /// Its kind and name: `queue tickatch.payment.log.queue`.
    pub name: String,
    /// What was found.
    pub state: QueueState,
}

/// What a check found out about an exchange or queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueState {
    /// It exists, and loses no message.
    Usable,
    /// It does not exist, and the service will declare it when it starts.
    Undeclared,
    /// It does not exist, and the service can't declare it: why.
    Undeclarable(String),
    /// It can't be used as it is, or loses messages: why, in words for operators.
    Unusable(Vec<String>),
}

/// Checks the exchanges and queues of these domains, and the user's permissions. Nothing is declared.
pub async fn check_queues(
    connection: &Connection,
    settings: &Settings,
    domains: &[Domain],
) -> lapin::Result<Vec<CheckedQueue>> {
    let topology = &settings.topology;
    let dead_letter_exchange = topology.dead_letter_exchange();
    let mut checked = Vec::new();
    for domain in domains {
        let queues = DomainQueues::new(connection, settings, *domain, WarnOfDifferences::No);
        if checked.is_empty() {
            let exchange = topology.exchange();
            checked.push(found("exchange", &exchange, exchange_state(&queues, &exchange).await)?);
            let state = dead_letter_exchange_state(&queues, &dead_letter_exchange).await;
            checked.push(found("exchange", &dead_letter_exchange, state)?);
        }
        let (queue, dead_letters) = (topology.queue(*domain), topology.dead_letter_queue(*domain));
        checked.push(found("queue", &queue, queue_state(&queues, &queue).await)?);
        checked.push(found("queue", &dead_letters, dead_letter_queue_state(&queues, &dead_letters).await)?);
    }
    Ok(checked)
}

/// What the broker refuses about one queue says nothing about the others.
fn found(kind: &str, name: &str, state: lapin::Result<QueueState>) -> lapin::Result<CheckedQueue> {
    let state = match state {
        Err(error) if closes_channel_only(&error) => QueueState::Unusable(vec![error.to_string()]),
        state => state?,
    };
    Ok(CheckedQueue { name: format!("{kind} {name}"), state })
}

fn closes_channel_only(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(refusal) if matches!(refusal.kind(), AMQPErrorKind::Soft(_)))
}

async fn exchange_state(queues: &DomainQueues<'_>, name: &str) -> lapin::Result<QueueState> {
    let probe = Probe(queues.declarer.connection);
    if !probe.exchange_exists(name).await? {
        return Ok(undeclared(probe.may_declare_exchange(name).await?));
    }
    // It exists, so that declaring it only compares.
    let problems = queues.declarer.exchange(name).await?.problems();
    Ok(state_of(&problems, &[]))
}

async fn dead_letter_exchange_state(queues: &DomainQueues<'_>, name: &str) -> lapin::Result<QueueState> {
    let state = exchange_state(queues, name).await?;
    if !state.exists() {
        return Ok(state);
    }
    let probe = Probe(queues.declarer.connection);
    Ok(state.and(probe.may_publish(name).await?))
}

async fn queue_state(queues: &DomainQueues<'_>, name: &str) -> lapin::Result<QueueState> {
    let (exchange, key) = (queues.topology.dead_letter_exchange(), queues.domain.dead_letter_routing_key());
    let judge = |queue: ExistingQueue| {
        let is_stream = queue.is_stream().then_some("is a stream, which can't be consumed like a queue");
        let dropped: Dropped = queue.dropped_to(&exchange, &key);
        state_of(&queue.problems(dropped), is_stream.as_slice())
    };
    let state = existing_or_undeclared(queues, name, queues.queue_arguments(&exchange, &key), judge).await?;
    if !state.exists() {
        return Ok(state);
    }
    Ok(state.and(Probe(queues.declarer.connection).may_consume(name).await?))
}

async fn dead_letter_queue_state(queues: &DomainQueues<'_>, name: &str) -> lapin::Result<QueueState> {
    let judge = |queue: ExistingQueue| state_of(&queue.problems_of_dead_letters(), &[]);
    existing_or_undeclared(queues, name, queues.common_arguments(), judge).await
}

async fn existing_or_undeclared(
    queues: &DomainQueues<'_>,
    name: &str,
    arguments: FieldTable,
    judge: impl FnOnce(ExistingQueue) -> QueueState,
) -> lapin::Result<QueueState> {
    if !queues.declarer.exists(name).await? {
        let may_declare = Probe(queues.declarer.connection).may_declare_queue(name, arguments).await?;
        return Ok(undeclared(may_declare));
    }
    // It exists, so that declaring it only compares.
    let queue = queues.declarer.queue(name, arguments).await?;
    Ok(queue.map_or(QueueState::Usable, judge))
}

fn undeclared(permission: Permission) -> QueueState {
    match permission {
        Permission::Granted => QueueState::Undeclared,
        Permission::Refused(reason) => QueueState::Undeclarable(reason),
    }
}

fn state_of(problems: &[&'static str], others: &[&'static str]) -> QueueState {
    let problems: Vec<_> = problems.iter().chain(others).map(|problem| (*problem).to_owned()).collect();
    if problems.is_empty() { QueueState::Usable } else { QueueState::Unusable(problems) }
}

impl QueueState {
    fn exists(&self) -> bool {
        matches!(self, Self::Usable | Self::Unusable(_))
    }

    /// The same with a permission that was tried.
    fn and(self, permission: Permission) -> Self {
        match (self, permission) {
            (state, Permission::Granted) => state,
            (Self::Unusable(mut problems), Permission::Refused(reason)) => {
                problems.push(reason);
                Self::Unusable(problems)
            }
            (_, Permission::Refused(reason)) => Self::Unusable(vec![reason]),
        }
    }
}
