use std::collections::BTreeMap;

use audit_query::{Domain, TimelineEvent};
use maud::{Markup, html};
use uuid::Uuid;

use crate::{
    components::{
        events::{EventLinks, actor_type, chip, id_link},
        icon::{Icon, icon},
        length::length,
        time::{Precision, time},
    },
    view::ViewContext,
};

/// The summary of a timeline: how many events, how long, who, and in which domains.
pub(super) fn summary(view: ViewContext, key: &str, events: &[TimelineEvent]) -> Markup {
    let texts = &view.texts.timeline;
    let failures = events.iter().filter(|event| event.entry.is_failure).count();
    html! {
        section.panel aria-labelledby="summary" {
            div.bar { h2 #summary { ((texts.story_of)(key)) } }
            dl.facts {
                div { dt { (texts.events) } dd { b { (events.len()) } } }
                div {
                    dt { (texts.failures) }
                    dd {
                        @if failures > 0 { b.bad { (icon(Icon::Fail)) (failures) } } @else { b { "0" } }
                    }
                }
                @if let (Some(first), Some(last)) = (events.first(), events.last()) {
                    @let (first, last) = (first.entry.occurred_at, last.entry.occurred_at);
                    div {
                        dt { (texts.span) }
                        dd {
                            (time(view, first, Precision::Seconds)) " – " (time(view, last, Precision::Seconds)) " "
                            span.muted { "(" (length(view, last - first)) ")" }
                        }
                    }
                }
                div { dt { (texts.actors) } dd { (actors(view, events)) } }
                div { dt { (texts.domains) } dd { (domains(view, events)) } }
            }
        }
    }
}

/// Each actor in the order of his first event, with the number of his events.
fn actors(view: ViewContext, events: &[TimelineEvent]) -> Markup {
    let mut actors: Vec<(&str, Option<Uuid>, usize)> = Vec::new();
    for TimelineEvent { entry, .. } in events {
        let known =
            actors.iter_mut().find(|(code, id, _)| (*code, *id) == (&*entry.actor_type, entry.actor_id));
        match known {
            Some((_, _, count)) => *count += 1,
            None => actors.push((&entry.actor_type, entry.actor_id, 1)),
        }
    }
    let Some(links) = events.first().map(|first| EventLinks::of(&first.entry)) else { return html! {} };
    html! {
        @for (code, id, count) in actors {
            span.pair {
                (actor_type(view, code))
                @if let Some(id) = id { " " (id_link(&id.to_string(), &links.by_actor(id))) }
                " " span.muted { (count) }
            } " "
        }
    }
}

fn domains(view: ViewContext, events: &[TimelineEvent]) -> Markup {
    let mut domains: BTreeMap<Domain, usize> = BTreeMap::new();
    for TimelineEvent { entry, .. } in events {
        *domains.entry(entry.domain).or_default() += 1;
    }
    html! {
        @for (domain, count) in domains { span.pair { (chip(view, domain)) " " span.muted { (count) } } " " }
    }
}
