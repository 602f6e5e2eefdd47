use std::{collections::BTreeMap, convert::Infallible, ops::RangeInclusive, str::FromStr};

use audit_query::{Filter, InvalidParam, MOST_VALUES, Queries, parse_time};
use axum::{extract::FromRequestParts, http::request::Parts};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use crate::problem::{ParamProblem, Problem};

/// The parameters of an address, in order; a name may come several times. Empty ones count as not given: forms send
/// every field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

/// More make no sense, and each costs.
const MOST: usize = 200;

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// The parameters of a query string.
    pub(crate) fn of(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.take(MOST + 1).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The pairs as they came.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let given = self.0.iter().filter(|(_, value)| !value.trim().is_empty());
        given.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names that have more values than one may have; empty ones and the same ones count too.
    fn overfull(&self) -> impl Iterator<Item = &str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in &self.0 {
            *counts.entry(name).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count > MOST_VALUES).map(|(name, _)| name)
    }

    /// All values of a name.
    pub(crate) fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.pairs().filter(move |(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The value of a name that may come once.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, InvalidParam> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(InvalidParam::new(name, "one value")),
            None => Ok(first),
        }
    }

    /// A value that is read as something else.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, InvalidParam> {
        let read = |text: &str| text.trim().parse().map_err(|_| InvalidParam::new(name, expected));
        self.one(name)?.map(read).transpose()
    }

    /// A number within bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        bounds: RangeInclusive<u16>,
        default: u16,
    ) -> Result<u16, InvalidParam> {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        match self.parsed(name, &expected)? {
            None => Ok(default),
            Some(number) if bounds.contains(&number) => Ok(number),
            Some(_) => Err(InvalidParam::new(name, expected)),
        }
    }

    /// Yes or no; no where it is not given.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, InvalidParam> {
        Ok(self.parsed(name, "true or false")?.unwrap_or(false))
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, InvalidParam> {
        let Some(value) = self.one(name)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
        let names: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        found.map(Some).ok_or_else(|| InvalidParam::new(name, format!("one of {}", names.join(", "))))
    }

    /// A time zone by its name.
    pub(crate) fn zone(&self, default: Tz) -> Result<Tz, InvalidParam> {
        Ok(self.parsed("tz", "a time zone such as Asia/Seoul or UTC")?.unwrap_or(default))
    }

    /// A time; none where it can't be understood.
    pub(crate) fn time(&self, name: &str, zone: Tz) -> Option<DateTime<Utc>> {
        parse_time(&as_time(name, self.all(name).next()?), zone)
    }

    /// The filter that the parameters make. Those that are neither a filter's nor in `others` are mistakes.
    pub(crate) fn filter(&self, queries: &Queries, others: &[&str], zone: Tz) -> Result<Filter, Problem> {
        self.check_number()?;
        let mut filter = Filter::default();
        let mut errors = Vec::new();
        for (name, value) in self.pairs().filter(|(name, _)| !others.contains(name)) {
            match queries.narrow(&mut filter, name, &as_time(name, value), zone) {
                Ok(true) => {}
                Ok(false) => errors.push(unknown(name, queries, others)),
                Err(invalid) => errors.push(invalid.into()),
            }
        }
        if errors.is_empty() { Ok(filter) } else { Err(Problem::params(errors)) }
    }

    /// Refuses more parameters, or more values of one, than make sense.
    pub(crate) fn check_number(&self) -> Result<(), Problem> {
        if self.0.len() > MOST {
            let expected = format!("at most {MOST} parameters");
            return Err(Problem::params(vec![ParamProblem { parameter: "*".to_owned(), expected }]));
        }
        let problem =
            |name| ParamProblem { parameter: short(name), expected: format!("at most {MOST_VALUES} values") };
        let errors: Vec<_> = self.overfull().map(problem).collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::params(errors)) }
    }

    /// Refuses parameters that are not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        let expected = || match known {
            [] => "no parameters here".to_owned(),
            known => format!("only these parameters: {}", known.join(", ")),
        };
        let unknown = self.pairs().filter(|(name, _)| !known.contains(name));
        let errors: Vec<_> =
            unknown.map(|(name, _)| ParamProblem { parameter: short(name), expected: expected() }).collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::params(errors)) }
    }

    /// What was asked, for the record.
    pub(crate) fn question(&self) -> Json {
        let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in self.pairs() {
            names.entry(name).or_default().push(value);
        }
        json!(names)
    }
}

impl From<InvalidParam> for Problem {
    fn from(invalid: InvalidParam) -> Self {
        Self::params(vec![invalid.into()])
    }
}

fn unknown(name: &str, queries: &Queries, others: &[&str]) -> ParamProblem {
    let own: Vec<_> = queries.own_columns().iter().map(|column| column.name).collect();
    let known: Vec<_> = audit_query::PARAMS.iter().chain(&own).chain(others).copied().collect();
    ParamProblem { parameter: short(name), expected: format!("only these parameters: {}", known.join(", ")) }
}

/// A name of somebody else's, so that an answer is no longer than it needs to be.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// A `+` that was not escaped in an address arrives as a space: `2025-12-06T00:00:00 09:00`.
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
        let params = Params::of("domain=&domain=payment&limit=+&q=a+b");
        assert_eq!(params.pairs().collect::<Vec<_>>(), [("domain", "payment"), ("q", "a b")]);
    }

    #[test]
    fn a_name_that_may_come_once_is_refused_twice() {
        assert!(Params::of("limit=1&limit=2").number("limit", 1..=10, 5).is_err());
        assert_eq!(Params::of("limit=7").number("limit", 1..=10, 5), Ok(7));
        assert_eq!(Params::of("").number("limit", 1..=10, 5), Ok(5));
        assert!(Params::of("limit=11").number("limit", 1..=10, 5).is_err());
        assert!(Params::of("limit=-1").number("limit", 1..=10, 5).is_err());
    }

    #[test]
    fn a_plus_that_became_a_space_is_a_plus_again() {
        assert_eq!(as_time("from", "2025-12-06T00:00:00 09:00"), "2025-12-06T00:00:00+09:00");
        assert_eq!(as_time("from", "2025-12-06 11:00"), "2025-12-06 11:00");
        assert_eq!(as_time("resource_id", "T 1"), "T 1");
    }
}
