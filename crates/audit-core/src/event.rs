use serde::Serialize;
use uuid::Uuid;

use crate::{Domain, Text, WireTime};

/// What a service publishes when something happened: one domain's event.
///
/// An event's body on the wire is the JSON that `Serialize` makes of it. What every event has is read by these
/// methods; the rest is the domain's own.
pub trait AuditEvent: Serialize {
    /// The domain that the event belongs to. It decides exchange key, queue and table.
    const DOMAIN: Domain;

    /// The known actions of the domain. The list is open: events with other actions are stored as well.
    const ACTIONS: &'static [Text];

    /// Those of [`Self::ACTIONS`] that say that something failed.
    const FAILURES: &'static [Text];

    /// The id, made by the publisher. The same id and time are stored once, however often they arrive.
    fn event_id(&self) -> Uuid;

    /// What was done. The list of actions is open.
    fn action_type(&self) -> &Text;

    /// What kind of actor did it.
    fn actor_type(&self) -> &Text;

    /// Who did it; absent for the system, and where the actor is not known.
    fn actor_id(&self) -> Option<Uuid>;

    /// When it happened, by the publisher's clock.
    fn occurred_at(&self) -> WireTime;

    /// What it happened to: the id as text. Absent where there is none, as when a creation failed.
    fn resource(&self) -> Option<String>;
}
