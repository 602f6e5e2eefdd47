use audit_core::store::{AuditLog, CaseRules};
use sea_orm::ActiveValue::Set;

use crate::{TicketEvent, case, entity};

/// The log of tickets.
#[derive(Clone, Copy, Debug)]
pub struct TicketLog;

impl AuditLog for TicketLog {
    type Event = TicketEvent;
    type Entity = entity::Entity;

    const CASE: CaseRules = case::CASE;

    fn own_columns(event: TicketEvent) -> entity::ActiveModel {
        let TicketEvent {
            receive_method,
            // What follows is in the common columns.
            event_id: _,
            ticket_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel { receive_method: Set(receive_method.map(Into::into)), ..Default::default() }
    }
}
