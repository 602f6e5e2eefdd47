use audit_core::store::AuditLog;

use crate::{ProductEvent, entity};

/// The log of products: approval, sale, seats.
#[derive(Clone, Copy, Debug)]
pub struct ProductLog;

impl AuditLog for ProductLog {
    type Event = ProductEvent;
    type Entity = entity::Entity;

    fn own_columns(event: ProductEvent) -> entity::ActiveModel {
        let ProductEvent {
            // What follows is in the common columns.
            event_id: _,
            product_id: _,
            action_type: _,
            actor_type: _,
            actor_user_id: _,
            occurred_at: _,
        } = event;
        entity::ActiveModel::default()
    }
}
