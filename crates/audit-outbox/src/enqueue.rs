use audit_core::{AuditEvent, publish::current_trace_parent};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DbErr, EntityTrait,
};

use crate::{entity, lane};

/// Why an event was not put into the outbox. The transaction that it belongs to can't be trusted any more.
#[derive(Debug, thiserror::Error)]
pub enum EnqueueError {
    /// The event can't be written as JSON.
    #[error("the event can't be written as JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The database refused, or can't be reached.
    #[error("the event can't be put into the outbox: {0}")]
    Database(#[from] DbErr),
}

/// Puts an event into the outbox, as a part of the caller's transaction: it is published if that is committed, and
/// never if it is rolled back.
///
/// Call it after the resource was changed: then transactions that change the same resource wait for each other, and
/// their events are in the outbox in the order of their commits.
///
/// With the feature `trace-context` the event belongs to the trace of the caller's span.
pub async fn enqueue<E: AuditEvent>(
    transaction: &impl ConnectionTrait,
    event: &E,
) -> Result<(), EnqueueError> {
    put(transaction, event, current_trace_parent()).await
}

/// The same, for an event of another trace: `trace_parent` is the value of the header `traceparent`.
pub async fn enqueue_traced<E: AuditEvent>(
    transaction: &impl ConnectionTrait,
    event: &E,
    trace_parent: &str,
) -> Result<(), EnqueueError> {
    put(transaction, event, Some(trace_parent.to_owned())).await
}

async fn put<E: AuditEvent>(
    transaction: &impl ConnectionTrait,
    event: &E,
    trace_parent: Option<String>,
) -> Result<(), EnqueueError> {
    let event_id = event.event_id();
    let resource = event.resource().map(|resource| format!("{}/{resource}", E::DOMAIN));
    // What has no resource follows nothing, and is spread.
    let lane = resource.as_deref().map_or_else(|| lane::of(&event_id.to_string()), lane::of);
    let row = entity::ActiveModel {
        id: NotSet,
        lane: Set(lane),
        event_id: Set(event_id),
        routing_key: Set(E::DOMAIN.routing_key()),
        resource: Set(resource),
        body: Set(serde_json::to_string(event)?),
        trace_parent: Set(trace_parent),
        created_at: NotSet,
    };
    entity::Entity::insert(row).exec_without_returning(transaction).await?;
    Ok(())
}
