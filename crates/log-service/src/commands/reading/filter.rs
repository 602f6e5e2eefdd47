use audit_query::{Filter, InvalidParam, MOST_VALUES, PARAMS};

use super::Reading;
use crate::cli::{WhatArgs, WhenArgs};

/// An option that can't be understood.
#[derive(Debug, thiserror::Error)]
#[error("--{option}: expected {expected}")]
pub(in crate::commands) struct UsageError {
    option: String,
    expected: String,
}

impl Reading<'_> {
    /// The filter that options describe.
    pub(in crate::commands) fn filter(
        &self,
        what: &WhatArgs,
        when: Option<&WhenArgs>,
    ) -> Result<Filter, UsageError> {
        let WhatArgs { domain, action_type, actor_id, actor_type, resource_id, trace_id, id, own } = what;
        let mut filter = Filter::default();
        for (name, values) in [
            ("domain", domain),
            ("action_type", action_type),
            ("actor_id", actor_id),
            ("actor_type", actor_type),
            ("resource_id", resource_id),
            ("trace_id", trace_id),
            ("id", id),
        ] {
            check_number(name, values.len())?;
            for value in values {
                self.narrow(&mut filter, when, name, value)?;
            }
        }
        for (name, value) in own {
            let columns: Vec<_> = self.queries.own_columns().iter().map(|column| column.name).collect();
            if !columns.contains(&name.as_str()) {
                return Err(wrong("own", format!("one of {}, then `=` and a value", columns.join(", "))));
            }
            check_number(name, own.iter().filter(|(other, _)| other == name).count())?;
            self.narrow(&mut filter, when, name, value)?;
        }
        if let Some(WhenArgs { from, to, .. }) = when {
            for (name, time) in [("from", from), ("to", to)] {
                if let Some(time) = time {
                    self.narrow(&mut filter, when, name, time)?;
                }
            }
        }
        if let (Some(from), Some(to)) = (filter.range.from, filter.range.to)
            && from >= to
        {
            return Err(wrong("to", "a time after that of --from"));
        }
        Ok(filter)
    }

    fn narrow(
        &self,
        filter: &mut Filter,
        when: Option<&WhenArgs>,
        name: &str,
        value: &str,
    ) -> Result<(), UsageError> {
        // In an address an empty value counts as none. Here it is a variable that was not set, and would
        // show much more than was asked for.
        if value.trim().is_empty() {
            return Err(InvalidParam::new(name, "a value").into());
        }
        let zone = self.zone(when.and_then(|when| when.time_zone));
        self.queries.narrow(filter, name, value, zone)?;
        Ok(())
    }
}

fn check_number(name: &str, count: usize) -> Result<(), InvalidParam> {
    if count > MOST_VALUES {
        return Err(InvalidParam::new(name, format!("at most {MOST_VALUES} values")));
    }
    Ok(())
}

impl From<InvalidParam> for UsageError {
    fn from(InvalidParam { name, expected }: InvalidParam) -> Self {
        let is_common = PARAMS.contains(&name.as_str());
        let option = if is_common { name.replace('_', "-") } else { format!("own {name}") };
        Self { option, expected }
    }
}

/// An option that can't be understood, and what it takes.
pub(in crate::commands) fn wrong(option: &str, expected: impl Into<String>) -> UsageError {
    UsageError { option: option.to_owned(), expected: expected.into() }
}
