use serde::{Deserialize, Serialize};

/// Which events come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Those that happened last.
    #[default]
    Newest,
    /// Those that happened first.
    Oldest,
}

/// Whether a cursor leads to the page after it, or to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

impl Order {
    /// Each order by its name.
    pub const NAMES: [(&'static str, Self); 2] = [("newest", Self::Newest), ("oldest", Self::Oldest)];

    /// The order in which rows are read to go in a direction.
    pub(crate) fn towards(self, direction: Direction) -> Self {
        match (self, direction) {
            (order, Direction::Forward) => order,
            (Self::Newest, Direction::Backward) => Self::Oldest,
            (Self::Oldest, Direction::Backward) => Self::Newest,
        }
    }

    /// ` ORDER BY …` of one table, in the order of its index.
    pub(crate) fn within_table(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY occurred_at DESC, id DESC",
            Self::Oldest => " ORDER BY occurred_at, id",
        }
    }

    /// ` ORDER BY …` of several tables.
    pub(crate) fn clause(self) -> &'static str {
        match self {
            Self::Newest => " ORDER BY occurred_at DESC, id DESC, number DESC",
            Self::Oldest => " ORDER BY occurred_at, id, number",
        }
    }
}
