use audit_core::store::{AuditLog, Received};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use crate::{ArtHallEvent, entity};

/// The log of art halls and their stages.
#[derive(Clone, Copy, Debug)]
pub struct ArtHallLog;

impl AuditLog for ArtHallLog {
    type Event = ArtHallEvent;
    type Entity = entity::Entity;

    fn row(event: ArtHallEvent, received: Received) -> impl ActiveModelTrait<Entity = entity::Entity> {
        let ArtHallEvent {
            event_id,
            domain_id: _, // as text in `resource_id`
            domain_type,
            action_type,
            actor_type,
            actor_user_id,
            occurred_at: _, // as an instant in `received`
        } = event;
        let Received { resource_id, occurred_at, trace_id, extra } = received;
        entity::ActiveModel {
            id: Set(event_id),
            seq: NotSet,
            action_type: Set(action_type.into()),
            actor_id: Set(actor_user_id),
            actor_type: Set(actor_type.into()),
            resource_id: Set(resource_id),
            occurred_at: Set(occurred_at),
            recorded_at: NotSet,
            trace_id: Set(trace_id),
            extra: Set(extra),
            domain_type: Set(domain_type.map(Into::into)),
        }
    }
}
