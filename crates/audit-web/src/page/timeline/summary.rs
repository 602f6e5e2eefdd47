use std::collections::BTreeMap;

use audit_query::{Domain, Found};
use maud::{Markup, html};
use uuid::Uuid;

use crate::page::{
    failure::is_failure,
    parts::{
        events::{WaysOn, actor_type, chip, id_link},
        icon::{Icon, icon},
        length::length,
        time::{Precision, time},
    },
    visit::Look,
};

/// A story in short: how much, how long, who, where.
pub(super) fn summary(look: Look, key: &str, found: &[Found]) -> Markup {
    let texts = &look.texts.timeline;
    let failures = found.iter().filter(|found| is_failure(&found.entry.action_type)).count();
    html! {
        section.panel aria-labelledby="summary" {
            div.bar { h2 #summary { ((texts.story_of)(key)) } }
            dl.facts {
                div { dt { (texts.events) } dd { b { (found.len()) } } }
                div {
                    dt { (texts.failures) }
                    dd {
                        @if failures > 0 { b.bad { (icon(Icon::Fail)) (failures) } } @else { b { "0" } }
                    }
                }
                @if let (Some(first), Some(last)) = (found.first(), found.last()) {
                    @let (first, last) = (first.entry.occurred_at, last.entry.occurred_at);
                    div {
                        dt { (texts.span) }
                        dd {
                            (time(look, first, Precision::Seconds)) " – " (time(look, last, Precision::Seconds)) " "
                            span.muted { "(" (length(look, last - first)) ")" }
                        }
                    }
                }
                div { dt { (texts.actors) } dd { (actors(look, found)) } }
                div { dt { (texts.domains) } dd { (domains(look, found)) } }
            }
        }
    }
}

/// Each actor in the order of his first event, and how many he has.
fn actors(look: Look, found: &[Found]) -> Markup {
    let mut actors: Vec<(&str, Option<Uuid>, usize)> = Vec::new();
    for Found { entry, .. } in found {
        let known =
            actors.iter_mut().find(|(code, id, _)| (*code, *id) == (&*entry.actor_type, entry.actor_id));
        match known {
            Some((_, _, count)) => *count += 1,
            None => actors.push((&entry.actor_type, entry.actor_id, 1)),
        }
    }
    let Some(ways) = found.first().map(|first| WaysOn::of(&first.entry)) else { return html! {} };
    html! {
        @for (code, id, count) in actors {
            span.pair {
                (actor_type(look, code))
                @if let Some(id) = id { " " (id_link(&id.to_string(), &ways.by_actor(id))) }
                " " span.muted { (count) }
            } " "
        }
    }
}

fn domains(look: Look, found: &[Found]) -> Markup {
    let mut domains: BTreeMap<Domain, usize> = BTreeMap::new();
    for Found { entry, .. } in found {
        *domains.entry(entry.domain).or_default() += 1;
    }
    html! {
        @for (domain, count) in domains { span.pair { (chip(look, domain)) " " span.muted { (count) } } " " }
    }
}
