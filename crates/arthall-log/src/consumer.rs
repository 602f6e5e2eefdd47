use audit_core::store::AuditLog;
use sea_orm::ActiveValue::Set;

use crate::{ArtHallEvent, entity};

/// The log of art halls and their stages.
#[derive(Clone, Copy, Debug)]
pub struct ArtHallLog;

impl AuditLog for ArtHallLog {
    type Event = ArtHallEvent;
    type Entity = entity::Entity;

    fn own_columns(event: ArtHallEvent) -> entity::ActiveModel {
        let ArtHallEvent {
            domain_type,
            // What follows is in the common columns.
            event_id: _,
            domain_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel { domain_type: Set(domain_type.map(Into::into)), ..Default::default() }
    }
}
