use chrono::{DateTime, Datelike, NaiveDate, Utc};
use maud::{Markup, html};

use crate::{language::Language, view::ViewContext};

/// How much of an instant is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Precision {
    Seconds,
    Millis,
    Micros,
}

impl Precision {
    fn form(self) -> &'static str {
        match self {
            Self::Seconds => "%H:%M:%S",
            Self::Millis => "%H:%M:%S%.3f",
            Self::Micros => "%H:%M:%S%.6f",
        }
    }
}

/// An instant in the zone of the view.
pub(crate) fn time(view: ViewContext, at: DateTime<Utc>, precision: Precision) -> Markup {
    let local = at.with_timezone(&view.zone);
    html! {
        time datetime=(machine(at)) {
            span.date { (local.format("%Y-%m-%d")) } " " (local.format(precision.form()))
        }
    }
}

/// An instant whose day is shown elsewhere.
pub(crate) fn time_of_day(view: ViewContext, at: DateTime<Utc>) -> Markup {
    html! {
        time datetime=(machine(at)) { (at.with_timezone(&view.zone).format(Precision::Millis.form())) }
    }
}

/// An instant in full, also in UTC.
pub(crate) fn exact(view: ViewContext, at: DateTime<Utc>) -> Markup {
    html! {
        (time(view, at, Precision::Micros)) " "
        span.muted { "(" (at.format(Precision::Micros.form())) " " (view.texts.event.in_utc) ")" }
    }
}

/// An instant within a sentence.
pub(crate) fn plain(view: ViewContext, at: DateTime<Utc>) -> String {
    at.with_timezone(&view.zone).format("%Y-%m-%d %H:%M").to_string()
}

/// An instant as the value of a form field.
pub(crate) fn for_field(view: ViewContext, at: DateTime<Utc>) -> String {
    at.with_timezone(&view.zone).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A day in words.
pub(crate) fn day(view: ViewContext, date: NaiveDate) -> String {
    const KOREAN: [&str; 7] = ["월", "화", "수", "목", "금", "토", "일"];
    match view.texts.language {
        Language::English => date.format("%A, %-d %B %Y").to_string(),
        Language::Korean => {
            let weekday = KOREAN[date.weekday().num_days_from_monday() as usize];
            format!("{}년 {}월 {}일 {weekday}요일", date.year(), date.month(), date.day())
        }
    }
}

fn machine(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::texts::{ENGLISH, KOREAN};

    #[test]
    fn times_are_of_the_chosen_zone() {
        let at = "2025-12-06T15:30:29.100001Z".parse().unwrap();
        let view = ViewContext { texts: &KOREAN, zone: Tz::Asia__Seoul };
        insta::assert_snapshot!(exact(view, at).into_string(), @r#"<time datetime="2025-12-06T15:30:29.100001Z"><span class="date">2025-12-07</span> 00:30:29.100001</time> <span class="muted">(15:30:29.100001 UTC 기준)</span>"#);
        assert_eq!(for_field(view, at), "2025-12-07T00:30:29");
        assert_eq!(day(view, at.with_timezone(&view.zone).date_naive()), "2025년 12월 7일 일요일");
        let utc = ViewContext { texts: &ENGLISH, zone: Tz::UTC };
        assert_eq!(day(utc, at.date_naive()), "Saturday, 6 December 2025");
    }
}
