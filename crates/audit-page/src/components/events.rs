use audit_query::{Domain, Entry};
use chrono::{DurationRound, TimeDelta};
use maud::{Markup, PreEscaped, html};

use super::{
    icon::{Icon, icon},
    time::{Precision, time},
};
use crate::{
    local_url::{LocalUrl, instant},
    view::ViewContext,
};

/// A domain in its colour.
pub(crate) fn chip(view: ViewContext, domain: Domain) -> Markup {
    html! { span class={ "chip d-" (domain) } { (view.texts.names.domain(domain.name())) } }
}

/// The action of an event. A long name may break after `_`.
pub(crate) fn action(view: ViewContext, entry: &Entry) -> Markup {
    html! {
        span.action {
            @for (at, word) in entry.action_type.split('_').enumerate() {
                @if at > 0 { "_" (PreEscaped("<wbr>")) }
                (word)
            }
        }
        @if entry.is_failure { " " span.fail { (icon(Icon::Fail)) (view.texts.common.failed) } }
    }
}

/// The type of an actor, in words if it is a known one.
pub(crate) fn actor_type(view: ViewContext, code: &str) -> &str {
    view.texts.names.actor(code).unwrap_or(code)
}

/// The beginning of an id, which distinguishes it from those next to it.
pub(crate) fn short(id: &str) -> String {
    let length = id.chars().count();
    if length < 20 {
        return id.to_owned();
    }
    let start: String = id.chars().take(8).collect();
    if uuid::Uuid::try_parse(id).is_ok() { start } else { format!("{start}…") }
}

/// An id with a link.
pub(crate) fn id_link(id: &str, to: &LocalUrl) -> Markup {
    html! { a.id href=(to) title=(id) { (short(id)) } }
}

/// Links to what is related to an event. They start some time before it, as a search without a start covers only the last
/// months.
#[derive(Clone, Debug)]
pub(crate) struct EventLinks {
    from: String,
}

impl EventLinks {
    const BEFORE: TimeDelta = TimeDelta::days(30);

    pub(crate) fn of(entry: &Entry) -> Self {
        let from = entry.occurred_at - Self::BEFORE;
        Self { from: instant(from.duration_trunc(TimeDelta::days(1)).unwrap_or(from)) }
    }

    /// Everything an actor did.
    pub(crate) fn by_actor(&self, id: impl std::fmt::Display) -> LocalUrl {
        LocalUrl::new("/search").and("actor_id", id).and("from", &self.from)
    }

    /// Everything in a trace.
    pub(crate) fn of_trace(&self, id: &str) -> LocalUrl {
        LocalUrl::new("/search").and("trace_id", id).and("from", &self.from)
    }

    /// The timeline of whatever has this id.
    pub(crate) fn timeline_of(&self, id: &str) -> LocalUrl {
        LocalUrl::new("/timeline").and("q", id).and("from", &self.from)
    }
}

/// The URL of one event.
pub(crate) fn page_of(entry: &Entry) -> LocalUrl {
    LocalUrl::new(format!("/events/{}/{}", entry.domain, entry.id))
}

/// A table of events.
pub(crate) fn table(view: ViewContext, entries: &[Entry], caption: &str) -> Markup {
    let columns = &view.texts.columns;
    let heads =
        [columns.time, columns.domain, columns.action, columns.actor, columns.resource, columns.details];
    html! {
        table.events {
            caption.vh { (caption) }
            thead {
                tr {
                    @for head in heads { th scope="col" { (head) } }
                    th scope="col" { span.vh { (columns.open) } }
                }
            }
            tbody { @for entry in entries { (row(view, entry)) } }
        }
    }
}

fn row(view: ViewContext, entry: &Entry) -> Markup {
    let (columns, common) = (&view.texts.columns, &view.texts.common);
    let links = EventLinks::of(entry);
    html! {
        tr.is-fail[entry.is_failure] {
            td.when { (time(view, entry.occurred_at, Precision::Millis)) }
            td.domain { (chip(view, entry.domain)) }
            td.what { (action(view, entry)) }
            td.actor data-label=(columns.actor) {
                span.muted { (actor_type(view, &entry.actor_type)) }
                @if let Some(id) = entry.actor_id { " " (id_link(&id.to_string(), &links.by_actor(id))) }
            }
            td.resource data-label=(columns.resource) {
                @if let Some(id) = &entry.resource_id { (id_link(id, &links.timeline_of(id))) }
                @else { span.muted { (common.none) } }
            }
            td.details { (details(view, entry)) }
            td.end {
                a href=(page_of(entry)) {
                    (common.open) span.vh { " " ((common.open_event)(&short(&entry.id.to_string()))) }
                }
            }
        }
    }
}

/// The columns that only its domain has.
fn details(view: ViewContext, entry: &Entry) -> Markup {
    html! {
        @for (name, value) in entry.details.iter().filter_map(|(name, value)| Some((name, value?))) {
            span.pair { span.muted { (view.texts.columns.named(name)) } " " (value) } " "
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;
    use crate::texts::{ENGLISH, KOREAN};

    pub(crate) fn entry(action_type: &str, occurred_at: &str) -> Entry {
        let occurred_at = occurred_at.parse().unwrap();
        Entry {
            domain: Domain::new("payment"),
            id: "8bf33b16-3615-476a-91b2-90683a88164d".parse().unwrap(),
            seq: 7,
            action_type: action_type.to_owned(),
            actor_id: Some("70def1f1-41ae-4e17-9e12-077b2c964826".parse().unwrap()),
            actor_type: "CUSTOMER".to_owned(),
            resource_id: Some("<script>".to_owned()),
            occurred_at,
            recorded_at: occurred_at + chrono::TimeDelta::milliseconds(42),
            trace_id: None,
            details: audit_query::Details::default(),
            extra: Some(audit_query::Extra::from(&json!({"amount": 132_000}))),
            is_failure: action_type.contains("FAIL"),
        }
    }

    #[test]
    fn a_row_leads_to_the_actor_the_resource_and_the_event() {
        let view = ViewContext { texts: &KOREAN, zone: Tz::Asia__Seoul };
        insta::assert_snapshot!(row(view, &entry("CONFIRM_FAIL", "2025-12-06T11:03:00.19Z")).into_string());
        let system = Entry {
            actor_id: None,
            resource_id: None,
            actor_type: "BATCH".to_owned(),
            domain: Domain::new("new-domain"),
            ..entry("CREATE", "2025-12-06T11:03:00Z")
        };
        let view = ViewContext { texts: &ENGLISH, zone: Tz::UTC };
        insta::assert_snapshot!(row(view, &system).into_string());
    }

    #[test]
    fn short_ids_tell_things_apart() {
        assert_eq!(short("70def1f1-41ae-4e17-9e12-077b2c964826"), "70def1f1");
        assert_eq!(short("R20251206-000017"), "R20251206-000017");
        assert_eq!(short("6fb0cd1a9e2b4c7781d50f3a92c4e6b8-1"), "6fb0cd1a…");
        assert_eq!(short("가나다라마바사아자차카타파하가나다라마바사"), "가나다라마바사아…");
    }
}
