use audit_query::{Filter, InvalidParam, MOST_VALUES, PARAMS};
use chrono_tz::Tz;
use clap::Args;
use serde::Serialize;

use super::session::Session;
use crate::usage::UsageError;

/// Which events, apart from their time.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub(crate) struct EventArgs {
    /// Of this domain, such as `payment`.
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
    /// With this action, such as `CANCEL`.
    #[arg(long, value_name = "TYPE")]
    action_type: Vec<String>,
    /// By this actor.
    #[arg(long, value_name = "UUID")]
    actor_id: Vec<String>,
    /// By this kind of actor, such as `CUSTOMER`.
    #[arg(long, value_name = "TYPE")]
    actor_type: Vec<String>,
    /// To this resource.
    #[arg(long, value_name = "ID")]
    resource_id: Vec<String>,
    /// In this trace.
    #[arg(long, value_name = "ID")]
    trace_id: Vec<String>,
    /// With this id of their own.
    #[arg(long, value_name = "UUID")]
    id: Vec<String>,
    /// With this value in a column that only some domains have, such as `reservation_number=R20251206-000017`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    own: Vec<(String, String)>,
}

/// When they happened.
#[derive(Debug, Default, Args, Serialize)]
#[command(next_help_heading = "Filters")]
pub(crate) struct TimeArgs {
    /// From this time on: `2025-12-06T11:00:29Z`, or in the chosen zone `2025-12-06T20:00` or `2025-12-06`; or in any
    /// other form in which events have it.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// The zone of times, such as `Asia/Seoul`, instead of the configuration's `web.time_zone`. CSV has UTC
    /// without it; JSON always has.
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
        let EventArgs { domain, action_type, actor_id, actor_type, resource_id, trace_id, id, own } = events;
        let zone = self.zone(time.time_zone);
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
                self.apply(&mut filter, zone, name, value)?;
            }
        }
        for (name, value) in own {
            let columns: Vec<_> = self.queries.own_columns().iter().map(|column| column.name).collect();
            if !columns.contains(&name.as_str()) {
                let expected = format!("one of {}, then `=` and a value", columns.join(", "));
                return Err(UsageError::new("own", expected));
            }
            check_number(name, own.iter().filter(|(other, _)| other == name).count())?;
            self.apply(&mut filter, zone, name, value)?;
        }
        for (name, time) in [("from", &time.from), ("to", &time.to)] {
            if let Some(time) = time {
                self.apply(&mut filter, zone, name, time)?;
            }
        }
        if let (Some(from), Some(to)) = (filter.range.from, filter.range.to)
            && from >= to
        {
            return Err(UsageError::new("to", "a time after that of --from"));
        }
        Ok(filter)
    }

    fn apply(&self, filter: &mut Filter, zone: Tz, name: &str, value: &str) -> Result<(), UsageError> {
        // In an address, an empty value counts as none. Here it is a variable that was not set, and ignoring it would
        // show much more than was asked for.
        if value.trim().is_empty() {
            return Err(InvalidParam::new(name, "a value").into());
        }
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
