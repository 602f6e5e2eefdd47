use uuid::Uuid;

use crate::{Permission, Role, Roles};

/// The maximum length of a reader's name, which is that of its column.
pub(crate) const MAX_NAME_CHARS: usize = 255;

/// An authenticated reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    name: String,
    id: Option<Uuid>,
    roles: Roles,
    auth_method: AuthMethod,
}

/// Identifies a reader: names are unique only within one method.
pub type ReaderKey = (AuthMethod, String);

/// How a reader was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// Not at all: nobody has to authenticate.
    Open,
    /// By an API token.
    Token,
    /// By a token of the platform's identity provider.
    Jwt,
    /// By the platform's gateway.
    Gateway,
}

impl AuthMethod {
    /// Its code in the access log.
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
    /// Creates a reader. Returns `None` for an invalid name: empty, longer than 255 characters (two long names could be
    /// truncated to the same one), or with control characters (names appear in logs).
    #[must_use]
    pub fn new(name: &str, id: Option<Uuid>, roles: Roles, auth_method: AuthMethod) -> Option<Self> {
        is_name(name).then(|| Self { name: name.to_owned(), id, roles, auth_method })
    }

    /// The reader of a service without sign-in.
    #[must_use]
    pub fn local() -> Self {
        Self { name: "local".to_owned(), id: None, roles: Roles::all(), auth_method: AuthMethod::Open }
    }

    /// The reader's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Identifies the reader. `None` where nobody has to authenticate, so that all readers are one.
    #[must_use]
    pub fn key(&self) -> Option<ReaderKey> {
        (self.auth_method != AuthMethod::Open).then(|| (self.auth_method, self.name.clone()))
    }

    /// The reader's id on the platform, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// The reader's roles.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.roles.iter()
    }

    /// How the reader was authenticated.
    #[must_use]
    pub fn auth_method(&self) -> AuthMethod {
        self.auth_method
    }

    /// Whether the reader's roles grant this permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.roles.permit(permission)
    }
}

/// Whether a text is a valid reader's name.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS && !text.chars().any(char::is_control)
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
            assert_eq!(Reader::new(name, None, Roles::default(), AuthMethod::Jwt).is_some(), fit, "{name}");
        }
    }
}
