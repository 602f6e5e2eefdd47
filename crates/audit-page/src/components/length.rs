use chrono::TimeDelta;

use crate::view::ViewContext;

/// A length of time in its two largest units.
pub(crate) fn length(view: ViewContext, delta: TimeDelta) -> String {
    let units = &view.texts.units;
    let sign = if delta < TimeDelta::zero() { "−" } else { "" };
    let delta = delta.abs();
    let millis = delta.num_milliseconds();
    if millis < 1000 {
        return format!("{sign}{}", (units.millis)(&millis.to_string()));
    }
    if millis < 10_000 {
        let tenths = (millis + 50) / 100;
        return format!("{sign}{}", (units.seconds)(&format!("{}.{}", tenths / 10, tenths % 10)));
    }
    let seconds = delta.num_seconds();
    let parts = [
        (seconds / 86_400, units.days),
        (seconds / 3600 % 24, units.hours),
        (seconds / 60 % 60, units.minutes),
        (seconds % 60, units.seconds),
    ];
    let words = parts.iter().skip_while(|(number, _)| *number == 0).take(2).filter(|(number, _)| *number > 0);
    let words: Vec<_> = words.map(|(number, unit)| unit(&number.to_string())).collect();
    format!("{sign}{}", words.join(" "))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::texts::{ENGLISH, KOREAN};

    #[test]
    fn the_two_largest_units_are_named() {
        let english = ViewContext { texts: &ENGLISH, zone: Tz::UTC };
        for (millis, words) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1000, "1.0 s"),
            (9_949, "9.9 s"),
            (10_000, "10 s"),
            (59_999, "59 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h"),
            (3_605_000, "1 h"),
            (90_061_000, "1 d 1 h"),
            (-1500, "−1.5 s"),
        ] {
            assert_eq!(length(english, TimeDelta::milliseconds(millis)), words);
        }
        let korean = ViewContext { texts: &KOREAN, zone: Tz::UTC };
        assert_eq!(length(korean, TimeDelta::milliseconds(7_384_000)), "2시간 3분");
    }
}
