use serde::Serialize;
use uuid::Uuid;

use crate::{Domain, Text, WireTime};

/// What a service publishes when something happened: one domain's event.
///
/// An event's body on the wire is the JSON that `Serialize` makes of it.
pub trait AuditEvent: Serialize {
    /// The domain that the event belongs to; it decides exchange key, queue and table.
    const DOMAIN: Domain;

    /// The actions that are known of the domain. The list is open: others are stored as well.
    const ACTIONS: &'static [Text];

    /// The id, made by the publisher. The same id and time are stored once, however often they arrive.
    fn event_id(&self) -> Uuid;

    /// Which action happened. The list of actions is open.
    fn action_type(&self) -> &Text;

    /// When it happened, by the publisher's clock.
    fn occurred_at(&self) -> WireTime;

    /// What it happened to, as the log knows it: the id as text. Absent where there is none, as when a creation
    /// failed.
    fn resource(&self) -> Option<String>;
}
