use audit_core::store::{AuditLog, CaseRules};
use sea_orm::ActiveValue::Set;

use crate::{PaymentEvent, case, entity};

/// The log of payments and refunds.
#[derive(Clone, Copy, Debug)]
pub struct PaymentLog;

impl AuditLog for PaymentLog {
    type Event = PaymentEvent;
    type Entity = entity::Entity;

    const CASE: CaseRules = case::CASE;

    fn own_columns(event: PaymentEvent) -> entity::ActiveModel {
        let PaymentEvent {
            method,
            retry_count,
            // What follows is in the common columns.
            event_id: _,
            payment_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel {
            method: Set(method.map(Into::into)),
            retry_count: Set(retry_count),
            ..Default::default()
        }
    }
}
