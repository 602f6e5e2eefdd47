use audit_core::store::{AuditLog, CaseRules};
use sea_orm::ActiveValue::Set;

use crate::{ReservationEvent, case, entity};

/// The log of reservations.
#[derive(Clone, Copy, Debug)]
pub struct ReservationLog;

impl AuditLog for ReservationLog {
    type Event = ReservationEvent;
    type Entity = entity::Entity;

    const CASE: CaseRules = case::CASE;

    fn own_columns(event: ReservationEvent) -> entity::ActiveModel {
        let ReservationEvent {
            reservation_number,
            // What follows is in the common columns.
            event_id: _,
            reservation_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel {
            reservation_number: Set(reservation_number.map(Into::into)),
            ..Default::default()
        }
    }
}
