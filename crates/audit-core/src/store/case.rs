//! What belongs to the same case, where no event says so: rules that a domain gives, for the reader of the log.

use crate::{Domain, Text};

/// How the resources of a domain belong to cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseRules {
    /// Whose the resources are.
    pub ownership: Ownership,
    /// The resources of other domains that belong to a resource of this one.
    pub links: &'static [Link],
}

/// Whose a resource is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ownership {
    /// Everybody's, such as a product or a hall, or a whole account: a case does not follow it.
    #[default]
    Everybody,
    /// One customer's for good, such as a reservation: all its events belong to one case.
    OneCustomer,
    /// One customer's for a time, such as a seat: only the events up to its next beginning belong to one case.
    OneAtATime {
        /// The actions that give it to somebody.
        begins: &'static [Text],
    },
}

/// The resources of another domain that belong to a resource of this one. Where no event names the other and no trace
/// connects them, they are recognized by moments at which both change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The other domain.
    pub to: Domain,
    /// How many belong together.
    pub pairing: Pairing,
    /// How the link begins: moments at which the customer's own events show it. The first ones are the best evidence.
    pub begins: &'static [Moment],
    /// What happens to both later, whoever does it. It tells candidates apart.
    pub later: &'static [Moment],
    /// The action from which on there must be such a resource.
    pub expected_after: Option<Text>,
}

/// How many resources of two domains belong together, and which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// The other may belong to several of this domain, as a payment to all reservations of a cart.
    Shared,
    /// One to one: the nearest in time.
    Nearest,
    /// One to one: in the order of time, as nothing else tells tickets of one cart apart.
    InOrder,
}

/// Two actions that happen at about the same time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The action on this domain's resource.
    pub ours: Text,
    /// The actions on the other's, any of them.
    pub theirs: &'static [&'static str],
    /// How many seconds theirs may come before ours.
    pub before: u16,
    /// How many seconds theirs may come after ours.
    pub after: u16,
}

impl CaseRules {
    /// A domain whose resources are everybody's.
    pub const NONE: Self = Self { ownership: Ownership::Everybody, links: &[] };
}

impl Link {
    /// A link that only a name or a common request shows.
    #[must_use]
    pub const fn without_moments(to: Domain) -> Self {
        Self { to, pairing: Pairing::Shared, begins: &[], later: &[], expected_after: None }
    }
}
