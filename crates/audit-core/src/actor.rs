use uuid::Uuid;

use crate::Text;

/// Who did something: always a kind, and an id where that kind of actor has one.
///
/// ```
/// use audit_core::Actor;
/// use uuid::Uuid;
///
/// assert_eq!(Actor::System.user_id(), None);
/// let customer = Actor::Customer(Uuid::nil());
/// assert_eq!((customer.actor_type().as_str(), customer.user_id()), ("CUSTOMER", Some(Uuid::nil())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A service itself: a schedule, a message from another service.
    System,
    /// A user who buys tickets.
    Customer(Uuid),
    /// A user who sells tickets.
    Seller(Uuid),
    /// A user who runs the platform.
    Admin(Uuid),
    /// A user, but it is not known which: for a failed login.
    UnknownUser,
    /// Another kind of actor.
    Other {
        /// Its kind.
        actor_type: Text,
        /// Its id, where it has one.
        user_id: Option<Uuid>,
    },
}

impl Actor {
    /// The kind: the event's `actorType`.
    #[must_use]
    pub fn actor_type(&self) -> Text {
        match self {
            Self::System => Text::constant("SYSTEM"),
            Self::Customer(_) => Text::constant("CUSTOMER"),
            Self::Seller(_) => Text::constant("SELLER"),
            Self::Admin(_) => Text::constant("ADMIN"),
            Self::UnknownUser => Text::constant("USER_UNKNOWN"),
            Self::Other { actor_type, .. } => actor_type.clone(),
        }
    }

    /// The id: the event's `actorUserId`.
    #[must_use]
    pub fn user_id(&self) -> Option<Uuid> {
        match self {
            Self::Customer(id) | Self::Seller(id) | Self::Admin(id) => Some(*id),
            Self::System | Self::UnknownUser => None,
            Self::Other { user_id, .. } => *user_id,
        }
    }
}
