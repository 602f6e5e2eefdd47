use audit_core::{Actor, AuditEvent, Domain, Text, WireTime};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::actions;

/// Something that happened to «about».
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct «Type»Event {
    /// Made by the publisher; the same id and time are stored once.
    #[serde(deserialize_with = "audit_core::required")]
    pub event_id: Uuid,
    «id_doc»
    #[serde(default, deserialize_with = "audit_core::optional", skip_serializing_if = "Option::is_none")]
    pub «id»: Option<«id_type»>,
    «own_fields»
    /// What was done. The list is open.
    pub action_type: Text,
    /// What kind of actor did it.
    pub actor_type: Text,
    /// Who did it; absent for the system, and where nobody is known.
    #[serde(default, deserialize_with = "audit_core::optional", skip_serializing_if = "Option::is_none")]
    pub actor_user_id: Option<Uuid>,
    /// When it happened, by the publisher's clock.
    pub occurred_at: WireTime,
}

impl «Type»Event {
    /// An event that happens now, with a new id. What it happened to, and the rest, is for the caller to set.
    #[must_use]
    pub fn new(action: Text, actor: &Actor«parameters») -> Self {
        Self {
            event_id: Uuid::now_v7(),
            «id»: None,
            «own_values»
            action_type: action,
            actor_type: actor.actor_type(),
            actor_user_id: actor.user_id(),
            occurred_at: WireTime::now(),
        }
    }
}

impl AuditEvent for «Type»Event {
    const DOMAIN: Domain = Domain::new("«name»");
    const ACTIONS: &'static [Text] = actions::ALL;
    const FAILURES: &'static [Text] = actions::FAILURES;

    fn event_id(&self) -> Uuid {
        self.event_id
    }

    fn action_type(&self) -> &Text {
        &self.action_type
    }

    fn actor_type(&self) -> &Text {
        &self.actor_type
    }

    fn actor_id(&self) -> Option<Uuid> {
        self.actor_user_id
    }

    fn occurred_at(&self) -> WireTime {
        self.occurred_at
    }

    fn resource(&self) -> Option<String> {
        self.«id».map(|id| id.to_string())
    }
}

#[cfg(feature = "schema")]
impl audit_core::contract::Described for «Type»Event {
    const SAMPLES: &'static str = include_str!("../samples.ndjson");
}
