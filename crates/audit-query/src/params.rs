//! Filters from names and values, as addresses and command lines have them.

use audit_core::{WireTime, store::OwnKind};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{
    Filter, Queries, Value,
    spellings::{of_id, of_text},
};

/// The parameters of a filter that every domain has. A value that is empty counts as not given.
pub const PARAMS: [&str; 9] =
    ["domain", "action_type", "actor_id", "actor_type", "resource_id", "trace_id", "id", "from", "to"];

/// A parameter that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: expected {expected}")]
pub struct InvalidParam {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub expected: String,
}

/// The most characters of a text: longer ones can't be in the log.
pub const LONGEST_TEXT: usize = 255;

/// What a parameter that is searched for takes.
pub const TEXT: &str = "text of at most 255 characters";

/// So many values of one parameter: whoever takes parameters from others counts them.
pub const MOST_VALUES: usize = 50;

impl InvalidParam {
    /// A parameter's name, and what it takes.
    #[must_use]
    pub fn new(name: &str, expected: impl Into<String>) -> Self {
        Self { name: name.to_owned(), expected: expected.into() }
    }
}

impl Queries {
    /// Takes a parameter into a filter. `false`: there is no such parameter. A time without an offset is read
    /// in `zone`. Text is looked for as it was sent, and without the white space around it.
    pub fn narrow(
        &self,
        filter: &mut Filter,
        name: &str,
        value: &str,
        zone: Tz,
    ) -> Result<bool, InvalidParam> {
        let own = self.own_columns().into_iter().find(|column| column.name == name);
        if !PARAMS.contains(&name) && own.is_none() {
            return Ok(false);
        }
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Ok(true);
        }
        if !can_be_kept(trimmed) {
            return Err(InvalidParam::new(name, TEXT));
        }
        let uuid = || Uuid::parse_str(trimmed).map_err(|_| InvalidParam::new(name, "a UUID"));
        let time = || parse_time(trimmed, zone).ok_or_else(|| InvalidParam::new(name, TIME));
        match name {
            "domain" => {
                let names: Vec<_> = self.tables().iter().map(|table| table.domain.name()).collect();
                let expected = || InvalidParam::new(name, format!("one of {}", names.join(", ")));
                add(&mut filter.domains, [self.domain(trimmed).ok_or_else(expected)?]);
            }
            "action_type" => add(&mut filter.action_types, of_text(value)),
            "actor_id" => add(&mut filter.actor_ids, [uuid()?]),
            "actor_type" => add(&mut filter.actor_types, of_text(value)),
            "resource_id" => add(&mut filter.resource_ids, of_id(value)),
            "trace_id" => add(&mut filter.trace_ids, of_text(value)),
            "id" => add(&mut filter.ids, [uuid()?]),
            "from" => filter.range.from = Some(time()?),
            "to" => filter.range.to = Some(time()?),
            _ => {
                if let Some(column) = own {
                    let number = |_| InvalidParam::new(name, "a whole number");
                    let values = match column.kind {
                        OwnKind::Text => of_text(value).into_iter().map(Value::Text).collect(),
                        OwnKind::Integer => {
                            vec![Value::Integer(trimmed.parse::<i32>().map_err(number)?.into())]
                        }
                        OwnKind::BigInteger => vec![Value::Integer(trimmed.parse().map_err(number)?)],
                    };
                    add(filter.own.entry(column.name).or_default(), values);
                }
            }
        }
        Ok(true)
    }
}

const TIME: &str = "a time such as 2025-12-06T11:00:29Z, 2025-12-06T20:00 (in the chosen zone), 2025-12-06, \
                    or seconds or milliseconds since 1970";

/// Adds values once.
fn add<T: PartialEq>(values: &mut Vec<T>, new: impl IntoIterator<Item = T>) {
    for value in new {
        if !values.contains(&value) {
            values.push(value);
        }
    }
}

/// A time in any form that publishers write, or a day, which means its beginning. One without an offset is read in
/// `zone`.
#[must_use]
pub fn parse_time(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time: WireTime = text.parse().or_else(|_| format!("{text}T00:00").parse()).ok()?;
    in_bounds(time.in_zone(&zone))
}

/// Whether a text can be in the log: no column is longer, and none holds U+0000.
#[must_use]
pub fn can_be_kept(text: &str) -> bool {
    text.chars().count() <= LONGEST_TEXT && !text.contains('\0')
}

/// The years that the log can hold.
pub(crate) fn in_bounds(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    use chrono::Datelike;
    (1900..2200).contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_an_offset_or_in_the_zone() {
        let read = |text| parse_time(text, Tz::Asia__Seoul).map(|time| time.to_rfc3339());
        assert_eq!(read("2025-12-06T11:00:29.5Z").as_deref(), Some("2025-12-06T11:00:29.500+00:00"));
        assert_eq!(read("2025-12-06T11:00:29+09:00").as_deref(), Some("2025-12-06T02:00:29+00:00"));
        assert_eq!(read("2025-12-06T20:00").as_deref(), Some("2025-12-06T11:00:00+00:00"));
        assert_eq!(read("2025-12-06").as_deref(), Some("2025-12-05T15:00:00+00:00"));
        assert_eq!(read("2025-12-06 20:00").as_deref(), Some("2025-12-06T11:00:00+00:00"));
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("99999-01-01"), None);
        assert_eq!(read("20251206"), None);
    }

    #[test]
    fn times_are_read_in_the_forms_of_events() {
        for text in [
            "2025-12-06T11:00Z",
            "2025-12-06T20:00+0900",
            "2025-12-06T20:00:00,0+09:00[Asia/Seoul]",
            "1765018800",
            "1765018800.0",
            "1765018800000",
            " 2025-12-06T20:00 ",
        ] {
            let time = parse_time(text, Tz::Asia__Seoul).map(|time| time.to_rfc3339());
            assert_eq!(time.as_deref(), Some("2025-12-06T11:00:00+00:00"), "{text}");
        }
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_one_after() {
        let time = parse_time("2025-03-30T02:30", Tz::Europe__Berlin).unwrap();
        assert_eq!(time.to_rfc3339(), "2025-03-30T01:30:00+00:00");
    }
}
