use std::collections::HashSet;

use audit_core::{
    Topology,
    publish::{ConfirmedChannel, Message, PublishError},
};

use super::rejected::Rejected;
use crate::entity::Model;

/// Publishes rows in waves. A wave has at most one event of each resource, so that the next one of a resource is sent
/// only when the last one has arrived.
pub(super) struct Waves<'r> {
    pub(super) topology: &'r Topology,
    pub(super) app_id: &'r str,
}

impl Waves<'_> {
    /// Returns the ids of the rows that are confirmed, and the error with which the connection was lost, if it was.
    pub(super) async fn publish(
        &self,
        mut rows: Vec<Model>,
        channel: &mut ConfirmedChannel,
        rejected: &mut Rejected,
    ) -> (Vec<i64>, Option<PublishError>) {
        let mut published = Vec::with_capacity(rows.len());
        loop {
            rows.retain(|row| !rejected.blocks(row));
            let (wave, later) = split(rows);
            if wave.is_empty() {
                return (published, None);
            }
            let messages: Vec<_> = wave.iter().map(|row| self.message(row)).collect();
            let mut lost = None;
            for (row, outcome) in wave.iter().zip(channel.publish_all(&messages).await) {
                match outcome {
                    Ok(()) => published.push(row.id),
                    Err(error @ (PublishError::Closed(_) | PublishError::TimedOut(_))) => lost = Some(error),
                    Err(error) => rejected.add(row, error),
                }
            }
            if lost.is_some() {
                return (published, lost);
            }
            rows = later;
        }
    }

    fn message(&self, row: &Model) -> Message {
        let Model { event_id, routing_key, body, trace_parent, .. } = row;
        let body = body.as_bytes().to_vec();
        let message = Message::of_event(self.topology, routing_key.clone(), *event_id, body, self.app_id);
        match trace_parent {
            Some(trace_parent) => message.sent_from(trace_parent),
            None => message,
        }
    }
}

/// The first row of each resource with all that have none, and the others; both in order.
fn split(rows: Vec<Model>) -> (Vec<Model>, Vec<Model>) {
    let mut under_way = HashSet::new();
    rows.into_iter().partition(|row| match &row.resource {
        Some(resource) => under_way.insert(resource.clone()),
        None => true,
    })
}
