use audit_query::{Filter, FilterParam, InvalidParam, MAX_VALUES, ParamKind};
use chrono::Utc;
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::{param_args::ParamArgs, relative_time::RelativeTime, session::Session};
use crate::usage::UsageError;

/// Which events, apart from their time.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub(crate) struct EventArgs {
    #[command(flatten)]
    #[serde(flatten)]
    params: ParamArgs<false>,
    /// A value of a column that only some domains have, such as `reservation_number=R20251206-000017`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    own: Vec<(String, String)>,
}

/// When they happened.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub(crate) struct TimeArgs {
    #[command(flatten)]
    #[serde(flatten)]
    params: ParamArgs<true>,
    /// The time zone to use, such as `Asia/Seoul`. Without it, `web.time_zone` of the configuration, and UTC in CSV. JSON
    /// is always UTC.
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    pub(crate) time_zone: Option<Tz>,
}

/// Which events.
#[derive(Debug, Args, Serialize)]
pub(crate) struct FilterArgs {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) events: EventArgs,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) time: TimeArgs,
}

impl Session<'_> {
    /// The filter that options describe.
    pub(crate) fn filter(&self, events: &EventArgs, time: &TimeArgs) -> Result<Filter, UsageError> {
        let zone = self.zone(time.time_zone);
        let mut filter = Filter::default();
        for (name, values) in events.params.given().chain(time.params.given()) {
            check_number(name, values.len())?;
            for value in values {
                self.add_param(&mut filter, zone, name, value)?;
            }
        }
        let own = &events.own;
        for (name, value) in own {
            let columns: Vec<_> = self.log.own_columns().iter().map(|column| column.name).collect();
            if !columns.contains(&name.as_str()) {
                let expected = format!("one of {}, then `=` and a value", columns.join(", "));
                return Err(UsageError::new("own", expected));
            }
            check_number(name, own.iter().filter(|(other, _)| other == name).count())?;
            self.add_param(&mut filter, zone, name, value)?;
        }
        filter.check_range()?;
        Ok(filter)
    }

    fn add_param(&self, filter: &mut Filter, zone: Tz, name: &str, value: &str) -> Result<(), UsageError> {
        // In an address, an empty value counts as none. Here it is a variable that was not set, and ignoring it would
        // show much more than was asked for.
        if value.trim().is_empty() {
            return Err(InvalidParam::new(name, "a value").into());
        }
        let kind = FilterParam::named(name).map(|param| param.kind);
        let is_time = matches!(kind, Some(ParamKind::From | ParamKind::To));
        let Some(relative) = RelativeTime::read(value.trim()).filter(|_| is_time) else {
            let added = filter.add_param(self.log.tables(), name, value, zone);
            added.map_err(|invalid| if is_time { with_relative_times(invalid) } else { invalid })?;
            return Ok(());
        };
        let time = relative.at(Utc::now(), zone);
        let time = time.ok_or_else(|| InvalidParam::new(name, "a time that the log can have"))?;
        match kind {
            Some(ParamKind::To) => filter.range.to = Some(time),
            _ => filter.range.from = Some(time),
        }
        Ok(())
    }
}

fn with_relative_times(invalid: InvalidParam) -> InvalidParam {
    InvalidParam { expected: format!("{}; or {}", invalid.expected, RelativeTime::FORMS), ..invalid }
}

fn check_number(name: &str, count: usize) -> Result<(), InvalidParam> {
    if count > MAX_VALUES {
        return Err(InvalidParam::new(name, format!("at most {MAX_VALUES} values")));
    }
    Ok(())
}

impl From<InvalidParam> for UsageError {
    fn from(InvalidParam { name, expected }: InvalidParam) -> Self {
        let is_common = FilterParam::named(&name).is_some();
        let option = if is_common { name.replace('_', "-") } else { format!("own {name}") };
        Self::new(option, expected)
    }
}

fn name_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Parses a time zone's name.
pub(crate) fn time_zone(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|error: chrono_tz::ParseError| error.to_string())
}

#[cfg(test)]
mod tests {
    use audit_query::{FILTER_PARAMS, FilterSection};
    use clap::Parser;
    use serde_json::{Value as Json, json};

    use super::*;

    #[derive(Debug, Parser, Serialize)]
    struct CommandLine {
        #[command(flatten)]
        #[serde(flatten)]
        filter: FilterArgs,
    }

    fn recorded(args: &[&str]) -> Result<Json, clap::Error> {
        let line = CommandLine::try_parse_from([&["log-service"], args].concat())?;
        Ok(crate::reading::recorded_arguments(&line).unwrap())
    }

    #[test]
    fn every_parameter_is_an_option_and_recorded_by_its_name() {
        for param in FILTER_PARAMS {
            let option = format!("--{}", param.name.replace('_', "-"));
            let twice = recorded(&[&option, "a", &option, "b"]);
            if param.section == FilterSection::When {
                assert!(twice.is_err(), "{option}");
                assert_eq!(recorded(&[&option, "a"]).unwrap(), json!({param.name: "a"}));
            } else {
                assert_eq!(twice.unwrap(), json!({param.name: ["a", "b"]}));
            }
        }
    }

    #[test]
    fn own_columns_and_the_zone_are_recorded_with_them() {
        assert_eq!(
            recorded(&["--own", "retry_count=1", "--domain", "user", "--time-zone", "UTC"]).unwrap(),
            json!({"own": [["retry_count", "1"]], "domain": ["user"], "time_zone": "UTC"})
        );
        assert_eq!(recorded(&[]).unwrap(), json!({}));
    }
}
