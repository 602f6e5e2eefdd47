use uuid::Uuid;

use crate::Text;

/// Who did something: a kind of actor, and an id if that kind has one.
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
    /// A service itself, for example a scheduled job.
    System,
    /// A user who buys tickets.
    Customer(Uuid),
    /// A user who sells tickets.
    Seller(Uuid),
    /// A user who runs the platform.
    Admin(Uuid),
    /// An unknown user, as in a failed login.
    UnknownUser,
    /// Another kind of actor.
    Other {
        /// Its kind.
        actor_type: Text,
        /// Its id, if it has one.
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
