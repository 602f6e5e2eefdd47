use audit_core::{AuditEvent, Domain, Text, WireTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ACTIONS;

/// Something that happened to products: approval, sale, seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductEvent {
    /// Made by the publisher; the same id and time are stored once.
    pub event_id: Uuid,
    /// The product; absent when it could not be created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<i64>,
    /// What was done. The list is open.
    pub action_type: Text,
    /// What kind of actor did it.
    pub actor_type: Text,
    /// Who did it; absent for the system, and where nobody is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_user_id: Option<Uuid>,
    /// When it happened, by the publisher's clock.
    pub occurred_at: WireTime,
}

impl AuditEvent for ProductEvent {
    const DOMAIN: Domain = Domain::new("product");
    const ACTIONS: &[&str] = ACTIONS;

    fn event_id(&self) -> Uuid {
        self.event_id
    }

    fn action_type(&self) -> &Text {
        &self.action_type
    }

    fn occurred_at(&self) -> WireTime {
        self.occurred_at
    }
}
