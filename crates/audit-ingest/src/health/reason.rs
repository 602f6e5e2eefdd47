use audit_core::{
    publish::{ConnectError, PublishError},
    store::sqlx_error,
};
use audit_store::StoreError;
use lapin::{
    ErrorKind,
    protocol::{AMQPErrorKind, AMQPSoftError},
};

use crate::consume_error::{AckError, ConsumeError};

pub(crate) const NOT_CONNECTED: &str = "there is no connection to the broker";
pub(crate) const NOT_CONSUMED: &str = "its queue is not consumed: the log says why";
pub(crate) const IN_FLIGHT_FOR_LONG: &str = "its messages have been held for more than a minute";

/// Why a queue is not consumed.
pub(crate) fn not_consumed(error: &ConsumeError) -> &'static str {
    match error {
        ConsumeError::Connect(ConnectError::Failed { source, .. }) | ConsumeError::Broker(source) => {
            match refusal(source) {
                Some(AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)) => {
                    "the broker's user has no right to its queue, or somebody consumes it alone"
                }
                Some(AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)) => {
                    "its queue is not there, or its node is down"
                }
                Some(AMQPErrorKind::Soft(AMQPSoftError::RESOURCELOCKED)) => {
                    "its queue is another connection's own"
                }
                Some(AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED)) => {
                    "the broker refuses to have its queue consumed, or took messages back that were held for too long"
                }
                Some(_) => NOT_CONSUMED,
                None => NOT_CONNECTED,
            }
        }
        ConsumeError::Connect(_) => NOT_CONNECTED,
        ConsumeError::WouldBeStream { .. } => {
            "its queue is not there, and the virtual host makes streams of new queues"
        }
        ConsumeError::Stream(_) => {
            "its queue is a stream, which is not consumed: delete it, and it is made anew (x-queue-type)"
        }
        ConsumeError::Cancelled => "the broker ended its consumer: its queue may have been deleted",
        ConsumeError::Ack(AckError::ChannelGone | AckError::Failed(_)) => {
            "what was stored can't be acknowledged to the broker"
        }
    }
}

/// Why rows are not stored.
pub(crate) fn not_stored(error: &StoreError) -> &'static str {
    let code = match error {
        StoreError::TimedOut(_) => return "the database does not answer in time: a batch is held",
        StoreError::Refused(error) | StoreError::Unavailable(error) => match sqlx_error(error) {
            Some(sea_orm::SqlxError::Database(error)) => error.code(),
            _ => None,
        },
    };
    // PostgreSQL's codes.
    match code.as_deref() {
        Some("23514" | "42P07" | "55000") => {
            "a partition for a month of its events can't be made: a batch is held"
        }
        Some("25006") => "the database can only be read: a batch is held",
        Some("42501") => "the database's user lacks a right: a batch is held",
        Some("42P01" | "42703" | "42883" | "3F000") => {
            "the database lacks a part of the schema: a batch is held"
        }
        Some("53100" | "53200") => "the database's disk or memory is full: a batch is held",
        Some("55P03") => "somebody has locked its table: a batch is held",
        _ => "the database is away, or does not take its events: a batch is held",
    }
}

/// Why dead letters are not published.
pub(crate) fn not_dead_lettered(error: &PublishError) -> &'static str {
    match error {
        PublishError::Closed(source) | PublishError::Connect(ConnectError::Failed { source, .. }) => {
            match refusal(source) {
                Some(AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED)) => {
                    "dead letters can't be published: the broker's user has no right to write to their exchange"
                }
                _ => "dead letters can't be published: there is no connection to the broker for them",
            }
        }
        PublishError::Unroutable { .. } => "dead letters can't be published: no queue is bound for them",
        PublishError::Refused => "dead letters can't be published: their queue does not take them",
        PublishError::TimedOut(_) => {
            "dead letters can't be published: the broker does not confirm them; it may have an alarm (memory, disk)"
        }
        _ => "dead letters can't be published: the log says why",
    }
}

/// What the broker refused, if the error comes from the broker.
fn refusal(error: &lapin::Error) -> Option<&AMQPErrorKind> {
    match error.kind() {
        ErrorKind::ProtocolError(refusal) => Some(refusal.kind()),
        _ => None,
    }
}
