//! The parts of an event, as text for people. Control characters are still in it: tables and lines make them visible.

use audit_query::Entry;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

pub(crate) fn time(time: DateTime<Utc>, zone: Tz) -> String {
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

pub(crate) fn actor(entry: &Entry) -> String {
    let kind = &entry.actor_type;
    entry.actor_id.map_or_else(|| kind.clone(), |id| format!("{kind} {id}"))
}

pub(crate) fn resource(entry: &Entry) -> String {
    entry.resource_id.clone().unwrap_or_default()
}

/// The columns that only some domains have, and the fields that no column holds.
pub(crate) fn details(entry: &Entry) -> String {
    let own = entry.details.iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    let extra = entry.extra.as_ref().map(|extra| extra.text().to_owned());
    own.chain(extra).collect::<Vec<_>>().join("  ")
}

/// The pause between two events, in the two units that matter.
pub(crate) fn pause(pause: TimeDelta) -> String {
    let (millis, seconds, minutes, hours) =
        (pause.num_milliseconds(), pause.num_seconds(), pause.num_minutes(), pause.num_hours());
    match () {
        () if seconds < 1 => format!("+{millis} ms"),
        () if minutes < 1 => format!("+{seconds}.{} s", millis % 1000 / 100),
        () if hours < 1 => format!("+{minutes} min {} s", seconds % 60),
        () if hours < 24 => format!("+{hours} h {} min", minutes % 60),
        () => format!("+{} d {} h", hours / 24, hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_have_two_units() {
        for (millis, text) in [
            (0, "+0 ms"),
            (999, "+999 ms"),
            (2_340, "+2.3 s"),
            (250_000, "+4 min 10 s"),
            (11_100_000, "+3 h 5 min"),
            (187_200_000, "+2 d 4 h"),
        ] {
            assert_eq!(pause(TimeDelta::milliseconds(millis)), text);
        }
    }
}
