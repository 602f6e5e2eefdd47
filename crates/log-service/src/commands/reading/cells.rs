//! An event's parts as people see them, once they are made visible.

use audit_query::Entry;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

pub(in crate::commands) fn time(time: DateTime<Utc>, zone: Tz) -> String {
    time.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

pub(in crate::commands) fn actor(entry: &Entry) -> String {
    let kind = &entry.actor_type;
    entry.actor_id.map_or_else(|| kind.clone(), |id| format!("{kind} {id}"))
}

pub(in crate::commands) fn resource(entry: &Entry) -> String {
    entry.resource_id.clone().unwrap_or_default()
}

/// What only some domains have, and what no column holds.
pub(in crate::commands) fn details(entry: &Entry) -> String {
    let own = entry.details.iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    let extra = entry.extra.as_ref().map(|extra| extra.text().to_owned());
    own.chain(extra).collect::<Vec<_>>().join("  ")
}

/// Actions that went wrong stand out.
pub(in crate::commands) fn is_failure(entry: &Entry) -> bool {
    entry.action_type.to_ascii_uppercase().contains("FAIL")
}

/// How long after the event before, to the two units that matter.
pub(in crate::commands) fn gap(gap: TimeDelta) -> String {
    let (millis, seconds, minutes, hours) =
        (gap.num_milliseconds(), gap.num_seconds(), gap.num_minutes(), gap.num_hours());
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
    fn gaps_are_told_in_two_units() {
        for (millis, told) in [
            (0, "+0 ms"),
            (999, "+999 ms"),
            (2_340, "+2.3 s"),
            (250_000, "+4 min 10 s"),
            (11_100_000, "+3 h 5 min"),
            (187_200_000, "+2 d 4 h"),
        ] {
            assert_eq!(gap(TimeDelta::milliseconds(millis)), told);
        }
    }
}
