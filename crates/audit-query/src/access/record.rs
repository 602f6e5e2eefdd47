use serde_json::Value as Json;
use uuid::Uuid;

use super::AccessAction;

/// Who reads the log, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accessor {
    /// The reader's id, if it is known.
    pub id: Option<Uuid>,
    /// The reader's name; empty if it is not known.
    pub name: String,
    /// How the reader was authenticated, such as `TOKEN`.
    pub kind: &'static str,
    /// The address of the reader's machine, if the question came over the network.
    pub address: Option<String>,
}

/// An entry of the access log: one access to the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessRecord {
    /// Its id. It is given before the record is stored, so that later records can name it.
    pub id: Uuid,
    /// What was done.
    pub action: AccessAction,
    /// Who did it.
    pub accessor: Accessor,
    /// What was read, if it is one thing.
    pub resource: Option<String>,
    /// What was asked.
    pub query: Option<Json>,
    /// How many events, or other things, were answered.
    pub rows: u64,
}

impl AccessRecord {
    /// A record of who did what, and no more.
    #[must_use]
    pub fn new(action: AccessAction, accessor: Accessor) -> Self {
        Self { id: Uuid::now_v7(), action, accessor, resource: None, query: None, rows: 0 }
    }
}
