use crate::LogReader;

/// What events are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The domain.
    Domain,
    /// What was done.
    ActionType,
    /// What kind of actor did it.
    ActorType,
    /// Who did it.
    ActorId,
    /// A column that only some domains have, by its name.
    Own(&'static str),
}

impl Dimension {
    /// Each dimension that all domains have, by its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("domain", Self::Domain),
        ("action_type", Self::ActionType),
        ("actor_type", Self::ActorType),
        ("actor_id", Self::ActorId),
    ];

    /// Its name, and that of its column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::ActionType => "action_type",
            Self::ActorType => "actor_type",
            Self::ActorId => "actor_id",
            Self::Own(name) => name,
        }
    }
}

impl LogReader {
    /// Each dimension that these tables have, by its name.
    #[must_use]
    pub fn dimensions(&self) -> Vec<(&'static str, Dimension)> {
        let own = self.own_columns().into_iter().map(|column| (column.name, Dimension::Own(column.name)));
        Dimension::NAMES.into_iter().chain(own).collect()
    }
}
