use audit_core::{
    Actions, Domain,
    store::{CaseRules, DomainLog, OwnColumn, Table},
};

/// A log table that can be read, and its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogTable {
    /// The domain.
    pub domain: Domain,
    /// Its table.
    pub table: Table,
    /// What can be done in the domain.
    pub actions: Actions,
    /// How the domain's resources belong to cases.
    pub case: CaseRules,
}

impl From<&DomainLog> for LogTable {
    fn from(log: &DomainLog) -> Self {
        Self { domain: log.domain(), table: log.table().clone(), actions: log.actions(), case: log.case() }
    }
}

impl LogTable {
    /// The column of this name that only some tables have.
    #[must_use]
    pub fn own(&self, name: &str) -> Option<OwnColumn> {
        self.table.own.iter().find(|column| column.name == name).copied()
    }
}

/// The domain of this name among those of several tables.
pub(crate) fn domain_named(tables: &[LogTable], name: &str) -> Option<Domain> {
    tables.iter().map(|table| table.domain).find(|domain| domain.name() == name)
}

/// The own columns of several tables, each name once.
pub(crate) fn own_columns<'t>(tables: impl IntoIterator<Item = &'t LogTable>) -> Vec<OwnColumn> {
    let mut columns: Vec<OwnColumn> = Vec::new();
    for column in tables.into_iter().flat_map(|table| &table.table.own) {
        if columns.iter().all(|known| known.name != column.name) {
            columns.push(*column);
        }
    }
    columns
}
