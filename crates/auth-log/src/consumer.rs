use audit_core::store::AuditLog;
use sea_orm::ActiveValue::Set;

use crate::{AuthEvent, entity};

/// The log of sign-ins, registrations and linked sign-in providers.
#[derive(Clone, Copy, Debug)]
pub struct AuthLog;

impl AuditLog for AuthLog {
    type Event = AuthEvent;
    type Entity = entity::Entity;

    fn own_columns(event: AuthEvent) -> entity::ActiveModel {
        let AuthEvent {
            user_type,
            // What follows is in the common columns.
            event_id: _,
            auth_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel { user_type: Set(user_type.map(Into::into)), ..Default::default() }
    }
}
