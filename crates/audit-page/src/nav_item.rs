use audit_auth::{Permission, Reader};

use crate::texts::Texts;

/// An item of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NavItem {
    Overview,
    Search,
    Timeline,
    DeadLetters,
    AccessLog,
    Api,
}

impl NavItem {
    const ALL: [Self; 6] =
        [Self::Overview, Self::Search, Self::Timeline, Self::DeadLetters, Self::AccessLog, Self::Api];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview => "/overview",
            Self::Search => "/search",
            Self::Timeline => "/timeline",
            Self::DeadLetters => "/dead-letters",
            Self::AccessLog => "/access-log",
            Self::Api => "/api",
        }
    }

    pub(crate) fn label(self, texts: &Texts) -> &'static str {
        match self {
            Self::Overview => texts.frame.nav_overview,
            Self::Search => texts.frame.nav_search,
            Self::Timeline => texts.frame.nav_timeline,
            Self::DeadLetters => texts.frame.nav_dead_letters,
            Self::AccessLog => texts.frame.nav_access_log,
            Self::Api => texts.frame.nav_api,
        }
    }

    fn permission(self) -> Option<Permission> {
        match self {
            Self::Overview | Self::Search | Self::Timeline => Some(Permission::Read),
            Self::DeadLetters => Some(Permission::Operate),
            Self::AccessLog => Some(Permission::ReadAccessLog),
            Self::Api => None,
        }
    }

    /// The items that a reader may open.
    pub(crate) fn of(reader: &Reader) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|item| item.permission().is_none_or(|needed| reader.may(needed)))
    }
}
