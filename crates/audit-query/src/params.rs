//! Filters from names and values, as addresses and command lines have them.

use audit_core::store::OwnKind;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use crate::{Filter, Queries, Value};

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

/// So many values of one parameter.
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
    /// in `zone`.
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
        let value = value.trim();
        if value.is_empty() {
            return Ok(true);
        }
        if !can_be_kept(value) {
            return Err(InvalidParam::new(name, TEXT));
        }
        let uuid = || Uuid::parse_str(value).map_err(|_| InvalidParam::new(name, "a UUID"));
        let time = || parse_time(value, zone).ok_or_else(|| InvalidParam::new(name, TIME));
        let full = match name {
            "domain" => {
                let names: Vec<_> = self.tables().iter().map(|table| table.domain.name()).collect();
                let expected = || InvalidParam::new(name, format!("one of {}", names.join(", ")));
                add(&mut filter.domains, self.domain(value).ok_or_else(expected)?)
            }
            "action_type" => add(&mut filter.action_types, value.to_owned()),
            "actor_id" => add(&mut filter.actor_ids, uuid()?),
            "actor_type" => add(&mut filter.actor_types, value.to_owned()),
            "resource_id" => add(&mut filter.resource_ids, value.to_owned()),
            "trace_id" => add(&mut filter.trace_ids, value.to_owned()),
            "id" => add(&mut filter.ids, uuid()?),
            "from" => {
                filter.range.from = Some(time()?);
                false
            }
            "to" => {
                filter.range.to = Some(time()?);
                false
            }
            _ => match own {
                Some(column) => {
                    let number = |_| InvalidParam::new(name, "a whole number");
                    let value = match column.kind {
                        OwnKind::Text => Value::Text(value.to_owned()),
                        OwnKind::Integer => Value::Integer(value.parse::<i32>().map_err(number)?.into()),
                        OwnKind::BigInteger => Value::Integer(value.parse().map_err(number)?),
                    };
                    add(filter.own.entry(column.name).or_default(), value)
                }
                None => false,
            },
        };
        if full {
            return Err(InvalidParam::new(name, format!("at most {MOST_VALUES} values")));
        }
        Ok(true)
    }
}

const TIME: &str = "a time such as 2025-12-06T11:00:29Z, 2025-12-06T20:00 (in the chosen zone) or 2025-12-06";

/// Adds a value once. `true`: there are too many.
fn add<T: PartialEq>(values: &mut Vec<T>, value: T) -> bool {
    if !values.contains(&value) {
        values.push(value);
    }
    values.len() > MOST_VALUES
}

/// A time with an offset; or, in `zone`, one without, or a day's beginning.
#[must_use]
pub fn parse_time(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return in_bounds(time.to_utc());
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    let time = zone.from_local_datetime(&local);
    // A time that clocks skip means the one an hour later; one that they show twice, the first.
    let time = time.earliest().or_else(|| {
        let later = local.checked_add_signed(chrono::Duration::hours(1))?;
        zone.from_local_datetime(&later).earliest()
    });
    in_bounds(time?.to_utc())
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
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("99999-01-01"), None);
    }

    #[test]
    fn a_time_that_clocks_skip_is_the_one_after() {
        let time = parse_time("2025-03-30T02:30", Tz::Europe__Berlin).unwrap();
        assert_eq!(time.to_rfc3339(), "2025-03-30T01:30:00+00:00");
    }
}
