use audit_core::store::{AuditLog, Received};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
};

use crate::{ReservationSeatEvent, entity};

/// The log of single seats of reservations.
#[derive(Clone, Copy, Debug)]
pub struct ReservationSeatLog;

impl AuditLog for ReservationSeatLog {
    type Event = ReservationSeatEvent;
    type Entity = entity::Entity;

    fn row(
        event: ReservationSeatEvent,
        received: Received,
    ) -> impl ActiveModelTrait<Entity = entity::Entity> {
        let ReservationSeatEvent {
            event_id,
            reservation_seat_id: _, // as text in `resource_id`
            seat_number,
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
            seat_number: Set(seat_number.map(Into::into)),
        }
    }
}
