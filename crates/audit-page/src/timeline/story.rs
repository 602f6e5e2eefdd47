//! The events of a timeline.

use audit_query::{Certainty, MatchedBy, TimelineEvent};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use maud::{Markup, html};

use crate::{
    components::{
        events::{action, actor_type, chip, page_of, short},
        length::length,
        time::{day, time_of_day},
    },
    event::{everything, extra},
    view::ViewContext,
};

/// How much of the fields without a column is shown of each event.
const MAX_BYTES: usize = 4 * 1024;
/// Pauses from here on are highlighted.
const LONG_PAUSE: TimeDelta = TimeDelta::hours(1);

/// The events of a story, day by day, each on the lane of its domain.
pub(super) fn story(view: ViewContext, events: &[TimelineEvent]) -> Markup {
    let texts = &view.texts.timeline;
    let date = |event: &TimelineEvent| event.entry.occurred_at.with_timezone(&view.zone).date_naive();
    let mut previous = None;
    html! {
        section.panel aria-labelledby="story" data-fold=(texts.expand_all) data-unfold=(texts.collapse_all) {
            div.bar { h2 #story { (texts.story) } }
            @for events in events.chunk_by(|one, next| date(one) == date(next)) {
                @let pauses = events.iter().map(|event| pause(event.entry.occurred_at, &mut previous));
                @let events: Vec<_> = events.iter().zip(pauses).collect();
                @if let Some((first, _)) = events.first() { (of_day(view, date(first), &events)) }
            }
        }
    }
}

/// The pause before an event.
fn pause(at: DateTime<Utc>, previous: &mut Option<DateTime<Utc>>) -> Option<TimeDelta> {
    let before = previous.replace(at)?;
    Some(at - before).filter(|pause| *pause >= TimeDelta::milliseconds(1))
}

fn of_day(view: ViewContext, date: NaiveDate, events: &[(&TimelineEvent, Option<TimeDelta>)]) -> Markup {
    let id = format!("d-{date}");
    html! {
        section.day aria-labelledby=(id) {
            h3 id=(id) {
                (day(view, date)) " " span.muted { ((view.texts.common.n_events)(events.len() as u64)) }
            }
            ol.story { @for (event, pause) in events { (event_item(view, event, *pause)) } }
        }
    }
}

fn event_item(view: ViewContext, event: &TimelineEvent, pause: Option<TimeDelta>) -> Markup {
    let TimelineEvent { entry, matched_by, certainty, .. } = event;
    let texts = &view.texts.timeline;
    let reason = reason(view, *matched_by);
    let own: Vec<_> = entry.details.iter().filter_map(|(_, value)| Some(value?.to_string())).collect();
    let fails = if entry.is_failure { " is-fail" } else { "" };
    html! {
        li class={ "d-" (entry.domain) (fails) } id={ "e-" (entry.id) } {
            @if let Some(pause) = pause {
                p.gap.long[pause >= LONG_PAUSE] { ((texts.gap_after)(&length(view, pause))) }
            }
            details {
                summary {
                    (time_of_day(view, entry.occurred_at)) " " (chip(view, entry.domain)) " "
                    span.what { (action(view, entry)) } " "
                    span.about {
                        span {
                            (actor_type(view, &entry.actor_type))
                            @if let Some(id) = entry.actor_id { " " span.id { (short(&id.to_string())) } }
                        }
                        @if !own.is_empty() { span { (own.join(" · ")) } }
                        @if let Some(reason) = reason { span.via { (reason) } }
                        @if *certainty == Certainty::Doubtful { span.via.doubt { (texts.doubtful) } }
                    }
                }
                (everything(view, entry))
                @if let Some(json) = &entry.extra { h4 { (view.texts.event.extra) } (extra(view, json, MAX_BYTES)) }
                p { a href=(page_of(entry)) { (texts.permanent_address) } }
            }
        }
    }
}

/// Why an event is there, unless it has the key itself.
fn reason(view: ViewContext, matched_by: MatchedBy) -> Option<String> {
    let texts = &view.texts.timeline;
    match matched_by {
        MatchedBy::Key => None,
        MatchedBy::Resource => Some(texts.same_resource.to_owned()),
        MatchedBy::Named => Some(texts.named.to_owned()),
        MatchedBy::Trace => Some(texts.same_trace.to_owned()),
        MatchedBy::Actor { seconds } => Some((texts.same_actor)(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use audit_query::Scope;
    use chrono_tz::Tz;

    use super::*;
    use crate::{components::events::tests::entry, texts::ENGLISH};

    #[test]
    fn pauses_are_shown_across_days() {
        let mut events: Vec<_> =
            ["2025-12-06T14:59:59Z", "2025-12-06T15:00:00Z", "2025-12-08T15:00:00.0001Z"]
                .map(|at| TimelineEvent {
                    entry: entry("CREATE", at),
                    matched_by: MatchedBy::Key,
                    certainty: Certainty::Certain,
                    scope: Scope::Case,
                })
                .into();
        events[2].matched_by = MatchedBy::Trace;
        let view = ViewContext { texts: &ENGLISH, zone: Tz::Asia__Seoul };
        let html = story(view, &events).into_string();
        let days: Vec<_> = html.match_indices("<h3 id=\"d-").map(|(at, _)| &html[at + 10..at + 20]).collect();
        assert_eq!(days, ["2025-12-06", "2025-12-07", "2025-12-09"]);
        assert!(html.contains(r#"<p class="gap">+ 1.0 s</p>"#), "{html}");
        assert!(html.contains(r#"<p class="gap long">+ 2 d</p>"#), "{html}");
        assert_eq!(html.matches(r#"<span class="via">same request</span>"#).count(), 1);
    }
}
