use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    ops::RangeInclusive,
    str::FromStr,
};

use audit_query::{
    AnswerSize, FILTER_PARAMS, Filter, InvalidParam, LogReader, MAX_VALUES, ONE_VALUE, parse_time,
};
use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use crate::error::RequestError;

/// The parameters of a query string or form, in order. A name may occur several times. Empty values count as absent, as
/// forms send every field.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

/// No sensible request has more, and each takes time.
const MAX_PARAMS: usize = 200;
/// Names of unknown parameters are truncated to this length, so that errors stay short.
const MAX_NAME_CHARS: usize = 60;

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// Parses a query string.
    #[must_use]
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(
            pairs.take(MAX_PARAMS + 1).map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        )
    }

    /// The parameters that are not empty.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let given = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        given.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names with too many values, including empty and equal ones.
    fn overfull(&self) -> impl Iterator<Item = &str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in &self.0 {
            *counts.entry(name).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count > MAX_VALUES).map(|(name, _)| name)
    }

    /// All values of a parameter.
    pub fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.pairs().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The value of a parameter that may occur once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, InvalidParam> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(InvalidParam::new(name, ONE_VALUE)),
            None => Ok(first),
        }
    }

    /// The parsed value of a parameter that may occur once.
    pub fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, InvalidParam> {
        let read = |text: &str| text.trim().parse().map_err(|_| InvalidParam::new(name, expected));
        self.one(name)?.map(read).transpose()
    }

    /// The value of a parameter that is a number within bounds.
    pub fn number(&self, name: &str, bounds: RangeInclusive<u16>, default: u16) -> Result<u16, InvalidParam> {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        match self.parsed(name, &expected)? {
            None => Ok(default),
            Some(number) if bounds.contains(&number) => Ok(number),
            Some(_) => Err(InvalidParam::new(name, expected)),
        }
    }

    /// The value of a parameter that is `true` or `false`, which is the default.
    pub fn flag(&self, name: &str) -> Result<bool, InvalidParam> {
        Ok(self.parsed(name, "true or false")?.unwrap_or(false))
    }

    /// The number of events that the parameter `limit` asks for.
    pub fn limit(&self, size: AnswerSize) -> Result<u16, InvalidParam> {
        self.number("limit", 1..=size.max, size.default)
    }

    /// The meaning of a parameter that is one of some words.
    pub fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, InvalidParam> {
        self.one(name)?.map(|value| meaning(name, value, words)).transpose()
    }

    /// The meanings of a parameter, each of whose values is one of some words.
    pub fn words<T: Copy + Ord>(&self, name: &str, words: &[(&str, T)]) -> Result<BTreeSet<T>, InvalidParam> {
        self.all(name).map(|value| meaning(name, value, words)).collect()
    }

    /// The time zone of the parameter `tz`.
    pub fn zone(&self, default: Tz) -> Result<Tz, InvalidParam> {
        Ok(self.parsed("tz", "a time zone such as Asia/Seoul or UTC")?.unwrap_or(default))
    }

    /// The value of a parameter that is a time. `None` if it is absent or invalid.
    #[must_use]
    pub fn time(&self, name: &str, zone: Tz) -> Option<DateTime<Utc>> {
        parse_time(&as_time(name, self.all(name).next()?), zone)
    }

    /// The filter of the parameters. Fails on parameters that are neither a filter's nor in `others`.
    pub fn filter(&self, log: &LogReader, others: &[&str], zone: Tz) -> Result<Filter, RequestError> {
        self.require_few()?;
        let mut filter = Filter::default();
        let mut errors = Vec::new();
        for (name, value) in self.pairs().filter(|(name, _)| !others.contains(name)) {
            match filter.add_param(log.tables(), name, &as_time(name, value), zone) {
                Ok(true) => {}
                Ok(false) => errors.push(unknown(name, log, others)),
                Err(invalid) => errors.push(invalid),
            }
        }
        errors.extend(filter.check_range().err());
        if errors.is_empty() { Ok(filter) } else { Err(RequestError::InvalidParams(errors)) }
    }

    /// Fails on too many parameters, or too many values of one.
    pub fn require_few(&self) -> Result<(), RequestError> {
        if self.0.len() > MAX_PARAMS {
            return Err(InvalidParam::new("*", format!("at most {MAX_PARAMS} parameters")).into());
        }
        let error = |name| InvalidParam::new(&truncated(name), format!("at most {MAX_VALUES} values"));
        let errors: Vec<_> = self.overfull().map(error).collect();
        if errors.is_empty() { Ok(()) } else { Err(RequestError::InvalidParams(errors)) }
    }

    /// Fails on parameters that are not in `known`.
    pub fn require_only(&self, known: &[&str]) -> Result<(), RequestError> {
        let expected = || match known {
            [] => "no parameters here".to_owned(),
            known => format!("only these parameters: {}", known.join(", ")),
        };
        let unknown = self.pairs().filter(|(name, _)| !known.contains(name));
        let errors: Vec<_> =
            unknown.map(|(name, _)| InvalidParam::new(&truncated(name), expected())).collect();
        if errors.is_empty() { Ok(()) } else { Err(RequestError::InvalidParams(errors)) }
    }

    /// The parameters as the access log records them.
    #[must_use]
    pub fn query(&self) -> Json {
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in self.pairs() {
            names.entry(name).or_default().push(value);
        }
        json!(names)
    }
}

fn meaning<T: Copy>(name: &str, value: &str, words: &[(&str, T)]) -> Result<T, InvalidParam> {
    let found = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
    let names = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| InvalidParam::new(name, format!("one of {}", names())))
}

fn unknown(name: &str, log: &LogReader, others: &[&str]) -> InvalidParam {
    let own = log.own_columns().into_iter().map(|column| column.name);
    let common = FILTER_PARAMS.iter().map(|param| param.name);
    let known: Vec<_> = common.chain(own).chain(others.iter().copied()).collect();
    InvalidParam::new(&truncated(name), format!("only these parameters: {}", known.join(", ")))
}

fn truncated(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}

/// Restores a `+` that was not escaped in the query string and became a space: `2025-12-06T00:00:00 09:00`.
fn as_time(name: &str, value: &str) -> String {
    match name {
        "from" | "to" if value.contains('T') => value.trim().replacen(' ', "+", 1),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parameters_count_as_not_given() {
        let params = Params::parse("domain=&domain=payment&limit=+&q=a+b");
        assert_eq!(params.pairs().collect::<Vec<_>>(), [("domain", "payment"), ("q", "a b")]);
    }

    #[test]
    fn a_name_that_may_come_once_is_refused_twice() {
        assert!(Params::parse("limit=1&limit=2").number("limit", 1..=10, 5).is_err());
        assert_eq!(Params::parse("limit=7").number("limit", 1..=10, 5), Ok(7));
        assert_eq!(Params::parse("").number("limit", 1..=10, 5), Ok(5));
        assert!(Params::parse("limit=11").number("limit", 1..=10, 5).is_err());
        assert!(Params::parse("limit=-1").number("limit", 1..=10, 5).is_err());
    }

    #[test]
    fn a_plus_that_became_a_space_is_a_plus_again() {
        assert_eq!(as_time("from", "2025-12-06T00:00:00 09:00"), "2025-12-06T00:00:00+09:00");
        assert_eq!(as_time("from", "2025-12-06 11:00"), "2025-12-06 11:00");
        assert_eq!(as_time("resource_id", "T 1"), "T 1");
    }
}
