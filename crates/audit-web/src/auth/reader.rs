use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Permission, Role, Roles};

/// The longest name of a reader: as long as the column that keeps it.
pub(super) const LONGEST_NAME: usize = 255;

/// Who is reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    name: String,
    id: Option<Uuid>,
    roles: Roles,
    via: Via,
}

/// Whom a reader is told apart by: a name is one reader's only among those who are known in the same way.
pub(crate) type KnownAs = (Via, String);

/// How a reader is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// Nobody has to say who he is.
    Open,
    /// By an API token.
    Token,
    /// By a token of the platform's identity provider.
    Jwt,
    /// By the word of the platform's gateway.
    Gateway,
}

impl Via {
    /// Its name in the log of reading.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "LOCAL",
            Self::Token => "TOKEN",
            Self::Jwt => "JWT",
            Self::Gateway => "GATEWAY",
        }
    }
}

impl Reader {
    /// A reader, unless the name is none: empty, longer than 255 characters (two long names could be cut to the same
    /// one), or with control characters (it stands in logs).
    #[must_use]
    pub fn new(name: &str, id: Option<Uuid>, roles: Roles, via: Via) -> Option<Self> {
        is_name(name).then(|| Self { name: name.to_owned(), id, roles, via })
    }

    /// The reader of a service that only its own machine reaches.
    #[must_use]
    pub fn local() -> Self {
        Self { name: "local".to_owned(), id: None, roles: Roles::all(), via: Via::Open }
    }

    /// What he is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whom he is told apart by. None where nobody says who he is.
    pub(crate) fn known_as(&self) -> Option<KnownAs> {
        (self.via != Via::Open).then(|| (self.via, self.name.clone()))
    }

    /// His id on the platform, if he has one.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// His roles.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.roles.iter()
    }

    /// How he is known.
    #[must_use]
    pub fn via(&self) -> Via {
        self.via
    }

    /// Whether he may do this.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.permit(permission)
    }
}

/// Whether a text can be a reader's name.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

/// A reader whose token was good, and until when it is.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) reader: Reader,
    pub(super) expires: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_bounded_and_fit_for_logs() {
        for (name, fit) in [
            ("김민수", true),
            (&"김".repeat(255), true),
            (&"k".repeat(256), false),
            ("", false),
            ("a\nb", false),
        ] {
            assert_eq!(Reader::new(name, None, Roles::default(), Via::Jwt).is_some(), fit, "{name}");
        }
    }
}
