use std::{collections::BTreeSet, str::FromStr};

use serde::{Deserialize, Serialize};

/// A role of a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Auditor,
    /// Answers customers' questions: may search, but not export.
    Support,
    /// Operates the service, without reading events.
    Ops,
}

/// What a request requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Search, timeline, one event, statistics, tail.
    Read,
    /// Events in bulk.
    Export,
    /// The access log.
    ReadAccessLog,
    /// Metrics and dead letters.
    Operate,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Auditor, Self::Support, Self::Ops];

    /// Its name in files, claims and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Support => "support",
            Self::Ops => "ops",
        }
    }

    fn permits(self, permission: Permission) -> bool {
        match self {
            Self::Auditor => true,
            Self::Support => permission == Permission::Read,
            Self::Ops => permission == Permission::Operate,
        }
    }
}

/// Not the name of a role.
#[derive(Debug, thiserror::Error)]
#[error("there is no such role; the roles are auditor, support and ops")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

/// The roles of one reader. Without any, he may do nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// All roles.
    #[must_use]
    pub fn all() -> Self {
        Role::ALL.into_iter().collect()
    }

    /// The names that are roles. Whatever else an identity provider grants is ignored.
    pub fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Whether one of the roles grants this permission.
    #[must_use]
    pub fn permit(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| role.permits(permission))
    }

    /// The roles, each once.
    pub fn iter(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission::*, *};

    #[test]
    fn each_role_permits_what_it_is_for() {
        for (names, permitted) in [
            (&["auditor"][..], &[Read, Export, ReadAccessLog, Operate][..]),
            (&["support"], &[Read]),
            (&["ops"], &[Operate]),
            (&["ops", "support"], &[Read, Operate]),
            (&[], &[]),
        ] {
            let roles = Roles::known(names.iter().copied());
            let permits =
                [Read, Export, ReadAccessLog, Operate].into_iter().filter(|&what| roles.permit(what));
            assert_eq!(permits.collect::<Vec<_>>(), permitted, "{names:?}");
        }
    }

    #[test]
    fn names_that_are_no_roles_are_passed_over_in_claims_and_refused_in_files() {
        assert_eq!(Roles::known(["admin", "support", "Auditor"]), [Role::Support].into_iter().collect());
        assert!(serde_json::from_str::<Roles>(r#"["admin"]"#).is_err());
        assert_eq!(serde_json::from_str::<Roles>(r#"["ops", "ops"]"#).unwrap().iter().count(), 1);
    }
}
