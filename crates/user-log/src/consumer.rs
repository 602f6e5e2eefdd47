use audit_core::store::AuditLog;
use sea_orm::ActiveValue::Set;

use crate::{UserEvent, entity};

/// The log of customers, sellers and administrators.
#[derive(Clone, Copy, Debug)]
pub struct UserLog;

impl AuditLog for UserLog {
    type Event = UserEvent;
    type Entity = entity::Entity;

    fn own_columns(event: UserEvent) -> entity::ActiveModel {
        let UserEvent {
            user_type,
            // What follows is in the common columns.
            event_id: _,
            user_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel { user_type: Set(user_type.map(Into::into)), ..Default::default() }
    }
}
