use audit_core::Domain;
use serde::Serialize;

use crate::{Entry, ResolvedRange, TimeRange};

/// Which case a timeline is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimelineRequest {
    /// Any id of the case: of a user, a resource, an event or a trace, or a reservation's number. It matches as it was
    /// sent, and without the white space around it; a UUID may have any form.
    pub key: String,
    /// Whether to leave out what only belongs to the same case, and to show just the events that have the key.
    pub only_key: bool,
    /// What belongs to the case less surely than this is left out.
    pub certainty: Certainty,
    /// When it happened.
    pub range: TimeRange,
    /// The most events; of more, the last ones. There are fewer when they are large.
    pub limit: u16,
}

/// What happened in one case, over all domains.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// The events, in the order in which they happened.
    pub events: Vec<TimelineEvent>,
    /// The things that they are about, in the order of their first events.
    pub things: Vec<Thing>,
    /// What should be there and was not found.
    pub missing: Vec<Missing>,
    /// The time that was searched.
    pub range: ResolvedRange,
    /// Whether earlier events were left out.
    pub is_cut: bool,
}

/// An event of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEvent {
    /// The event.
    pub entry: Entry,
    /// Why it belongs to the case.
    pub matched_by: MatchedBy,
    /// How sure that is.
    pub certainty: Certainty,
    /// Whether it belongs to the case itself.
    pub scope: Scope,
}

/// A thing of a case, such as a reservation or its payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Thing {
    /// The domain that it is of.
    #[serde(serialize_with = "crate::entry::name_of")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub domain: Domain,
    /// Its id.
    pub resource_id: String,
    /// What was done to it last.
    pub last_action: String,
    /// How many of the answer's events are about it.
    pub events: usize,
    /// How many of them say that something failed.
    pub failures: usize,
    /// How sure it is that it belongs to the case.
    pub certainty: Certainty,
    /// Whether it belongs to the case itself.
    pub scope: Scope,
}

/// A thing that should be there and was not found: publishers may send no trace, or the event may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missing {
    /// The domain of the thing that should have another.
    #[serde(serialize_with = "crate::entry::name_of")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub domain: Domain,
    /// Its id.
    pub resource_id: String,
    /// The action after which there must be one.
    pub action_type: String,
    /// The domain that nothing was found of.
    #[serde(serialize_with = "crate::entry::name_of")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub expected: Domain,
}

/// Why an event belongs to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// It has the id that was asked for.
    Key,
    /// It is about the same thing as an event that has the id.
    Resource,
    /// An event names the other thing.
    Named,
    /// One request touched both: they share a trace.
    Trace,
    /// The same customer changed both within so many seconds.
    Actor {
        /// The seconds between the two.
        seconds: u32,
    },
}

impl MatchedBy {
    /// Its name in the API.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Resource => "resource",
            Self::Named => "named",
            Self::Trace => "trace",
            Self::Actor { .. } => "actor",
        }
    }

    /// The time between what the same customer did, in seconds.
    #[must_use]
    pub fn seconds(self) -> Option<u32> {
        if let Self::Actor { seconds } = self { Some(seconds) } else { None }
    }
}

/// How sure it is that something belongs to a case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// It may belong to something else as well.
    #[default]
    Doubtful,
    /// Nothing else could have made it.
    Likely,
    /// An id says so.
    Certain,
}

impl Certainty {
    /// Each by its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("doubtful", Self::Doubtful), ("likely", Self::Likely), ("certain", Self::Certain)];
}

/// Whether something belongs to a case itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// It belongs to the case.
    Case,
    /// It belongs to the same order, as the other reservations of a cart that one payment pays for.
    Order,
}
