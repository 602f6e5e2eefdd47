use audit_core::store::{AuditLog, CaseRules};
use sea_orm::ActiveValue::Set;

use crate::{ReservationSeatEvent, case, entity};

/// The log of single seats of reservations.
#[derive(Clone, Copy, Debug)]
pub struct ReservationSeatLog;

impl AuditLog for ReservationSeatLog {
    type Event = ReservationSeatEvent;
    type Entity = entity::Entity;

    const CASE: CaseRules = case::CASE;

    fn own_columns(event: ReservationSeatEvent) -> entity::ActiveModel {
        let ReservationSeatEvent {
            seat_number,
            // What follows is in the common columns.
            event_id: _,
            reservation_seat_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel { seat_number: Set(seat_number.map(Into::into)), ..Default::default() }
    }
}
