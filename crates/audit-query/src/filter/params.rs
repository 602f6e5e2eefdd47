//! The parameters of a filter. The search form, the API with its document, and the command line are made from this list.

use audit_core::store::OwnKind;
use chrono_tz::Tz;
use uuid::Uuid;

use super::{
    Filter, fits_column, parse_time,
    spellings::{id_spellings, text_spellings},
    values::{TEXT, TIME},
};
use crate::{
    LogTable, TimeRange, Value,
    table::{domain_named, own_columns},
};

/// A parameter of a filter that every domain has.
#[derive(Clone, Copy, Debug)]
pub struct FilterParam {
    /// Its name, and that of its column.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// Where a form shows it.
    pub section: FilterSection,
    /// What it means.
    pub help: Localized,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// The name of a domain.
    Domain,
    /// Text.
    Text,
    /// An id as text. UUIDs are found in any of their forms.
    Id,
    /// A UUID.
    Uuid,
    /// A whole number of 32 bits.
    Integer,
    /// A whole number of 64 bits.
    BigInteger,
    /// The first instant of the range.
    From,
    /// The end of the range.
    To,
}

/// What belongs together in a form. A timeline takes only the parameters of [`When`](Self::When); a tail on the command
/// line takes all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSection {
    /// When it happened.
    When,
    /// In which domain.
    Domain,
    /// What happened to what.
    What,
    /// Who did it.
    Who,
    /// The ids of trace and event.
    Ids,
}

/// A text in the languages of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Localized {
    /// English; also the language of the API's document and the command line.
    pub en: &'static str,
    /// Korean.
    pub ko: &'static str,
}

/// The parameters that every domain has. A domain's own columns are parameters as well, each by its name.
pub const FILTER_PARAMS: [FilterParam; 9] = [
    FilterParam {
        name: "from",
        kind: ParamKind::From,
        section: FilterSection::When,
        help: Localized {
            en: "From this time on: `2025-12-06T11:00:29Z`, or in the chosen zone `2025-12-06T20:00` or `2025-12-06`; or \
                 in any other form in which events have it. Without it, only the last days are searched.",
            ko: "이 시각부터 검색합니다. 비워 두면 최근 며칠만 검색합니다.",
        },
    },
    FilterParam {
        name: "to",
        kind: ParamKind::To,
        section: FilterSection::When,
        help: Localized {
            en: "Before this time, in the same forms.", ko: "이 시각 이전까지 검색합니다."
        },
    },
    FilterParam {
        name: "domain",
        kind: ParamKind::Domain,
        section: FilterSection::Domain,
        help: Localized {
            en: "The domain, such as `payment`. Without it, all domains are searched.",
            ko: "선택하지 않으면 전체를 검색합니다.",
        },
    },
    FilterParam {
        name: "action_type",
        kind: ParamKind::Text,
        section: FilterSection::What,
        help: Localized {
            en: "What was done, exactly as sent, such as `CANCEL`.",
            ko: "전송된 값 그대로 입력합니다(예: CANCEL).",
        },
    },
    FilterParam {
        name: "resource_id",
        kind: ParamKind::Id,
        section: FilterSection::What,
        help: Localized { en: "What it happened to.", ko: "행위의 대상이 된 항목의 ID입니다." },
    },
    FilterParam {
        name: "actor_id",
        kind: ParamKind::Uuid,
        section: FilterSection::Who,
        help: Localized { en: "Who did it.", ko: "행위를 한 사용자의 ID입니다." },
    },
    FilterParam {
        name: "actor_type",
        kind: ParamKind::Text,
        section: FilterSection::Who,
        help: Localized {
            en: "What kind of actor did it, such as `CUSTOMER`.",
            ko: "행위자의 유형입니다(예: CUSTOMER).",
        },
    },
    FilterParam {
        name: "trace_id",
        kind: ParamKind::Text,
        section: FilterSection::Ids,
        help: Localized {
            en: "The trace that the publisher was in.",
            ko: "이벤트를 발행한 요청의 추적 ID입니다.",
        },
    },
    FilterParam {
        name: "id",
        kind: ParamKind::Uuid,
        section: FilterSection::Ids,
        help: Localized {
            en: "The event's id. Without a time, all time is searched.",
            ko: "이벤트의 ID입니다. 기간을 지정하지 않으면 전체 기간을 검색합니다.",
        },
    },
];

impl FilterParam {
    /// The parameter of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FILTER_PARAMS.iter().find(|param| param.name == name)
    }
}

impl From<OwnKind> for ParamKind {
    fn from(kind: OwnKind) -> Self {
        match kind {
            OwnKind::Text => Self::Text,
            OwnKind::Integer => Self::Integer,
            OwnKind::BigInteger => Self::BigInteger,
        }
    }
}

/// A parameter that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: expected {expected}")]
pub struct InvalidParam {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub expected: String,
}

/// What is expected of a parameter that was given twice.
pub const ONE_VALUE: &str = "one value";
/// What is expected of a time at or before `from`.
pub const AFTER_FROM: &str = "a time after `from`";

impl InvalidParam {
    /// A parameter's name, and what it takes.
    #[must_use]
    pub fn new(name: &str, expected: impl Into<String>) -> Self {
        Self { name: name.to_owned(), expected: expected.into() }
    }
}

impl Filter {
    /// Adds a value of a parameter. An empty value counts as not given. `false`: these tables have no such parameter.
    ///
    /// A time without an offset is read in `zone`. Text matches as it was sent, and without the white space around it.
    pub fn add_param(
        &mut self,
        tables: &[LogTable],
        name: &str,
        value: &str,
        zone: Tz,
    ) -> Result<bool, InvalidParam> {
        let common = FilterParam::named(name).map(|param| (param.name, param.kind));
        let own = || own_columns(tables).into_iter().find(|column| column.name == name);
        let Some((name, kind)) = common.or_else(|| own().map(|own| (own.name, own.kind.into()))) else {
            return Ok(false);
        };
        let trimmed = value.trim();
        if trimmed.is_empty() {
            return Ok(true);
        }
        if !fits_column(trimmed) {
            return Err(InvalidParam::new(name, TEXT));
        }
        let time = || parse_time(trimmed, zone).ok_or_else(|| InvalidParam::new(name, TIME));
        let number = |_| InvalidParam::new(name, "a whole number");
        match kind {
            ParamKind::Domain => {
                let names = || tables.iter().map(|table| table.domain.name()).collect::<Vec<_>>().join(", ");
                let domain = domain_named(tables, trimmed)
                    .ok_or_else(|| InvalidParam::new(name, format!("one of {}", names())))?;
                if !self.domains.contains(&domain) {
                    self.domains.push(domain);
                }
            }
            ParamKind::From => set_once(&mut self.range.from, name, time()?)?,
            ParamKind::To => set_once(&mut self.range.to, name, time()?)?,
            ParamKind::Text => self.add_values(name, text_spellings(value)),
            ParamKind::Id => self.add_values(name, id_spellings(value)),
            ParamKind::Uuid => {
                let id = Uuid::parse_str(trimmed).map_err(|_| InvalidParam::new(name, "a UUID"))?;
                self.add_values(name, [id]);
            }
            ParamKind::Integer => {
                self.add_values(name, [i64::from(trimmed.parse::<i32>().map_err(number)?)]);
            }
            ParamKind::BigInteger => self.add_values(name, [trimmed.parse::<i64>().map_err(number)?]),
        }
        Ok(true)
    }

    /// Fails if the time ends before it begins, so that nothing can be in it.
    pub fn check_range(&self) -> Result<(), InvalidParam> {
        let TimeRange { from, to } = self.range;
        let is_empty = from.zip(to).is_some_and(|(from, to)| from >= to);
        if is_empty { Err(InvalidParam::new("to", AFTER_FROM)) } else { Ok(()) }
    }

    /// Adds values of a column, each once.
    fn add_values<V: Into<Value>>(&mut self, column: &'static str, new: impl IntoIterator<Item = V>) {
        let values = self.columns.entry(column).or_default();
        for value in new.into_iter().map(Into::into) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
}

fn set_once<T>(value: &mut Option<T>, name: &str, new: T) -> Result<(), InvalidParam> {
    match value.replace(new) {
        Some(_) => Err(InvalidParam::new(name, ONE_VALUE)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use audit_core::{
        Actions, Domain,
        store::{CaseRules, OwnColumn, Table},
    };

    use chrono::DateTime;

    use super::*;
    use crate::{Details, Entry};

    fn tables() -> [LogTable; 1] {
        let own = vec![OwnColumn { name: "retry_count", kind: OwnKind::Integer, indexed: false }];
        let table = Table { name: "p_payment_log", columns: vec!["id", "action_type", "retry_count"], own };
        [LogTable {
            domain: Domain::new("payment"),
            table,
            actions: Actions::default(),
            case: CaseRules::NONE,
        }]
    }

    fn added(name: &str, value: &str) -> Result<Filter, InvalidParam> {
        let mut filter = Filter::default();
        assert!(filter.add_param(&tables(), name, value, Tz::UTC)?, "{name} is a parameter");
        Ok(filter)
    }

    #[test]
    fn every_parameter_narrows_the_filter() {
        for param in FILTER_PARAMS {
            let value = match param.kind {
                ParamKind::Domain => "payment",
                ParamKind::From | ParamKind::To => "2025-12-06",
                ParamKind::Integer | ParamKind::BigInteger => "7",
                ParamKind::Text | ParamKind::Id | ParamKind::Uuid => "636320f4-3abf-4395-b608-38ba3a6d324e",
            };
            assert_ne!(added(param.name, value).unwrap(), Filter::default(), "{}", param.name);
            assert_eq!(
                added(param.name, "  "),
                Ok(Filter::default()),
                "{}: empty means not given",
                param.name
            );
            let help = param.help;
            assert!(help.en.ends_with('.') && help.ko.ends_with('.'), "{}: {help:?}", param.name);
        }
    }

    #[test]
    fn every_column_that_a_parameter_names_can_be_compared() {
        let entry = Entry {
            domain: Domain::new("payment"),
            id: Uuid::nil(),
            seq: 1,
            action_type: "CONFIRM".to_owned(),
            actor_id: Some(Uuid::nil()),
            actor_type: "CUSTOMER".to_owned(),
            resource_id: Some("1".to_owned()),
            occurred_at: DateTime::UNIX_EPOCH,
            recorded_at: DateTime::UNIX_EPOCH,
            trace_id: Some("2".to_owned()),
            details: Details::default(),
            extra: None,
            is_failure: false,
        };
        for FilterParam { name, kind, .. } in FILTER_PARAMS {
            let is_column = !matches!(kind, ParamKind::Domain | ParamKind::From | ParamKind::To);
            assert_eq!(entry.value(name).is_some(), is_column, "{name}");
        }
    }

    #[test]
    fn own_columns_are_parameters_of_the_tables_that_have_them() {
        assert_eq!(added("retry_count", "3"), Ok(Filter::default().with("retry_count", [3])));
        let mut filter = Filter::default();
        assert_eq!(filter.add_param(&[], "retry_count", "3", Tz::UTC), Ok(false));
    }

    #[test]
    fn what_a_parameter_does_not_take_is_refused_with_what_it_takes() {
        for (name, value, expected) in [
            ("domain", "payments", "one of payment"),
            ("actor_id", "kim", "a UUID"),
            ("retry_count", "99999999999", "a whole number"),
            ("action_type", "a\0", TEXT),
            ("from", "yesterday", TIME),
        ] {
            assert_eq!(added(name, value), Err(InvalidParam::new(name, expected)));
        }
    }

    #[test]
    fn a_time_is_given_once_and_its_end_comes_after_its_beginning() {
        let mut filter = added("from", "2025-12-06").unwrap();
        let twice = filter.clone().add_param(&tables(), "from", "2025-12-07", Tz::UTC);
        assert_eq!(twice, Err(InvalidParam::new("from", ONE_VALUE)));
        filter.add_param(&tables(), "to", "2025-12-06", Tz::UTC).unwrap();
        assert_eq!(filter.check_range(), Err(InvalidParam::new("to", AFTER_FROM)));
    }

    #[test]
    fn a_value_is_added_once() {
        let mut filter = added("action_type", "CANCEL").unwrap();
        filter.add_param(&tables(), "action_type", "CANCEL", Tz::UTC).unwrap();
        assert_eq!(filter, Filter::default().with("action_type", ["CANCEL".to_owned()]));
    }
}
