//! Which events a question is about: as types, and as names and values.

mod params;
mod spellings;
mod values;

use std::collections::BTreeMap;

use audit_core::Domain;
use sea_orm::Value as SqlValue;

use crate::{Entry, LogTable, ResolvedRange, TimeRange, Value, sql::Sql};

pub use params::{
    AFTER_FROM, FILTER_PARAMS, FilterParam, FilterSection, InvalidParam, Localized, ONE_VALUE, ParamKind,
};
pub(crate) use spellings::{id_spellings, text_spellings};
pub(crate) use values::in_years;
pub use values::{TEXT, fits_column, parse_time};

/// Which events are asked for. Several values of one column mean any of them; different columns must all match. An
/// empty filter matches every event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// The domains.
    pub domains: Vec<Domain>,
    /// The values of columns, by name. A domain without one of these columns has no such events.
    pub columns: BTreeMap<&'static str, Vec<Value>>,
    /// When it happened.
    pub range: TimeRange,
}

impl Filter {
    /// The events of some domains.
    #[must_use]
    pub fn of_domains(domains: impl Into<Vec<Domain>>) -> Self {
        Self { domains: domains.into(), ..Self::default() }
    }

    /// Narrows the filter to events with one of these values in a column.
    #[must_use]
    pub fn with<V: Into<Value>>(mut self, column: &'static str, values: impl IntoIterator<Item = V>) -> Self {
        self.columns.entry(column).or_default().extend(values.into_iter().map(Into::into));
        self
    }

    /// Whether events are named by their ids. They are looked up in all time.
    pub(crate) fn names_ids(&self) -> bool {
        self.columns.contains_key("id")
    }

    /// Whether a table can have such events at all.
    pub(crate) fn may_match(&self, table: &LogTable) -> bool {
        (self.domains.is_empty() || self.domains.contains(&table.domain))
            && self.columns.keys().all(|name| FilterParam::named(name).is_some() || table.own(name).is_some())
    }

    /// Whether an event matches, whenever it happened.
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        let has_one_of = |(column, wanted): (&&str, &Vec<Value>)| {
            entry.value(column).is_some_and(|found| wanted.contains(&found))
        };
        (self.domains.is_empty() || self.domains.contains(&entry.domain))
            && self.columns.iter().all(has_one_of)
    }

    /// Writes the conditions after `WHERE`; there is always at least one.
    pub(crate) fn write(&self, range: ResolvedRange, sql: &mut Sql) {
        sql.push("TRUE");
        sql.within(range);
        for (name, values) in &self.columns {
            let values: Vec<SqlValue> = values.iter().map(SqlValue::from).collect();
            sql.any_of(name, &values);
        }
    }
}
