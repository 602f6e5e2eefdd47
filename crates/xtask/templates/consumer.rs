use audit_core::store::AuditLog;
«use_set»

use crate::{«Type»Event, entity};

/// The log of «about».
#[derive(Clone, Copy, Debug)]
pub struct «Type»Log;

impl AuditLog for «Type»Log {
    type Event = «Type»Event;
    type Entity = entity::Entity;

    fn own_columns(event: «Type»Event) -> entity::ActiveModel {
        let «Type»Event {
            «own_names»
            // What follows is in the common columns.
            event_id: _,
            «id»: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel {
            «own_settings»
            ..Default::default()
        }
    }
}
