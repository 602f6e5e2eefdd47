//! One event in full.

use std::borrow::Cow;

use audit_query::{Entry, Extra};
use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};

use super::{
    address::Address,
    parts::{
        events::{WaysOn, action, actor_type, chip, short},
        facts::{code, facts, jump},
        icon::{Icon, icon},
        length::length,
        notice,
        time::{Precision, exact, time},
    },
    trouble::Trouble,
    visit::{Look, Page, Visit},
};
use crate::{
    api::{EventById, find_event},
    auth::Permission,
};

/// So much of the fields that no column holds is shown; the JSON has all of them.
const MOST_BYTES: usize = 64 * 1024;

pub(super) async fn show(visit: Visit, path: Result<Path<(String, String)>, PathRejection>) -> Response {
    visit.answer(page(&visit, path.ok()).await)
}

async fn page(visit: &Visit, path: Option<Path<(String, String)>>) -> Result<Page, Trouble> {
    visit.must(Permission::Read)?;
    visit.params.only(&["tz"])?;
    let Path((domain, id)) = path.ok_or(Trouble::NoEvent)?;
    let room = visit.app.room(&visit.asking).await?;
    let EventById { entry, others } = find_event(&visit.app, &visit.asking, &domain, &id).await?;
    let title = (visit.look.texts.event.title)(&short(&entry.id.to_string()));
    let body = html! {
        @if !others.is_empty() { (shared_id(visit.look, &entry, &others)) }
        (whole(visit.look, &entry))
        @for other in &others { (beside(visit.look, other)) }
    };
    Ok(Page { status: StatusCode::OK, title, place: None, body, room: Some(room) })
}

/// That the id names several events, with the way to all of them.
fn shared_id(look: Look, entry: &Entry, others: &[Entry]) -> Markup {
    let texts = &look.texts.event;
    let all = Address::new("/search").and("domain", entry.domain).and("id", entry.id);
    let times = std::iter::once(entry).chain(others).map(|entry| entry.occurred_at);
    notice::info(html! {
        p { strong { (texts.shared_id) } " " (texts.shared_id_hint) }
        ul { @for at in times { li { (time(look, at, Precision::Micros)) } } }
        p { a href=(all) { (texts.to_shared_id) } }
    })
}

/// Another event that has the id of the one above it.
fn beside(look: Look, entry: &Entry) -> Markup {
    let texts = &look.texts.event;
    html! {
        section.panel {
            h2 { (texts.same_id) ": " (action(look, &entry.action_type)) }
            (everything(look, entry))
            @if let Some(json) = &entry.extra { (extra(look, json, MOST_BYTES)) }
        }
    }
}

fn whole(look: Look, entry: &Entry) -> Markup {
    let (texts, columns) = (&look.texts.event, &look.texts.columns);
    let Rows { what, own, who, when, origin } = Rows::of(look, entry);
    let part = |title: &str, body: Markup| html! { section.panel { h2 { (title) } (body) } };
    let identity = [(columns.domain, chip(look, entry.domain)), (columns.action, code(&entry.action_type))];
    html! {
        div.head {
            div {
                p.lead { (chip(look, entry.domain)) }
                h1 { (action(look, &entry.action_type)) }
                p.lead {
                    (time(look, entry.occurred_at, Precision::Millis)) " · " (actor_type(look, &entry.actor_type))
                }
            }
            (ways_on(look, entry))
        }
        div.cols {
            (part(texts.what, facts(identity.into_iter().chain(what))))
            (part(texts.who, facts(who)))
            (part(texts.when, facts(when)))
            @if !own.is_empty() { (part(texts.own, facts(own))) }
            (part(texts.origin, facts(origin)))
            (part(texts.extra, html! {
                @if let Some(json) = &entry.extra {
                    p.hint { (texts.extra_hint) }
                    (extra(look, json, MOST_BYTES))
                } @else {
                    p.hint { (texts.no_extra) }
                }
            }))
        }
    }
}

fn ways_on(look: Look, entry: &Entry) -> Markup {
    let texts = &look.texts.event;
    let ways = WaysOn::of(entry);
    html! {
        div.actions {
            @if let Some(id) = &entry.resource_id {
                a.btn.primary href=(ways.story_of(id)) { (icon(Icon::Line)) (texts.to_timeline) }
            }
            @if let Some(trace) = &entry.trace_id { a.btn href=(ways.of_trace(trace)) { (texts.to_trace) } }
            a.btn href={ "/api/v1/logs/" (entry.domain) "/" (entry.id) } { (texts.json) }
        }
    }
}

/// Every column of an event.
pub(super) fn everything(look: Look, entry: &Entry) -> Markup {
    let Rows { what, own, who, when, origin } = Rows::of(look, entry);
    facts(what.into_iter().chain(own).chain(who).chain(when).chain(origin))
}

type Row = (&'static str, Markup);

/// The columns of an event, by what they tell.
struct Rows {
    what: Vec<Row>,
    own: Vec<Row>,
    who: Vec<Row>,
    when: Vec<Row>,
    origin: Vec<Row>,
}

impl Rows {
    fn of(look: Look, entry: &Entry) -> Self {
        let (texts, columns) = (&look.texts.event, &look.texts.columns);
        let ways = WaysOn::of(entry);
        let muted = |words: &str| html! { span.muted { (words) } };
        let resource = match &entry.resource_id {
            Some(id) => html! { (code(id)) (jump(&ways.story_of(id), texts.to_timeline)) },
            None => muted(texts.no_resource),
        };
        let actor = match entry.actor_id {
            Some(id) => html! { (code(id)) (jump(&ways.by_actor(id), texts.to_actor)) },
            None => muted(texts.no_actor),
        };
        let trace = match &entry.trace_id {
            Some(trace) => html! { (code(trace)) (jump(&ways.of_trace(trace), texts.to_trace)) },
            None => muted(look.texts.common.none),
        };
        let kind = html! { (actor_type(look, &entry.actor_type)) " " code.raw { (entry.actor_type) } };
        let own = entry.details.iter().map(|(name, value)| {
            let value = value.map_or_else(|| muted(look.texts.common.none), |value| html! { (value) });
            (columns.own(name), value)
        });
        Self {
            what: vec![(columns.resource_id, resource)],
            own: own.collect(),
            who: vec![(columns.actor_type, kind), (columns.actor_id, actor)],
            when: vec![
                (columns.occurred_at, exact(look, entry.occurred_at)),
                (columns.recorded_at, exact(look, entry.recorded_at)),
                (texts.lag, html! { (length(look, entry.recorded_at - entry.occurred_at)) }),
            ],
            origin: vec![
                (columns.id, code(entry.id)),
                (columns.seq, html! { code.id { (entry.seq) } }),
                (columns.trace_id, trace),
            ],
        }
    }
}

/// What the publisher sent beside the columns, up to so many bytes.
pub(super) fn extra(look: Look, extra: &Extra, most: usize) -> Markup {
    let texts = &look.texts.event;
    let shown = match pretty(extra, most) {
        Some(pretty) => Cow::Owned(pretty),
        None => Cow::Borrowed(&extra.text()[..extra.text().floor_char_boundary(most)]),
    };
    html! {
        @if matches!(shown, Cow::Borrowed(text) if text.len() < extra.text().len()) { p.hint { (texts.cut) } }
        pre.json tabindex="0" role="group" aria-label=(texts.extra) { (shown) }
    }
}

/// JSON with a line for each value, if that has so many bytes at most: what is nested deeply gets long.
fn pretty(extra: &Extra, most: usize) -> Option<String> {
    if extra.text().len() > most {
        return None;
    }
    let mut text = vec![0; most];
    let mut rest = &mut text[..];
    serde_json::to_writer_pretty(&mut rest, &extra.parse()?).ok()?;
    let left = rest.len();
    text.truncate(most - left);
    String::from_utf8(text).ok()
}
