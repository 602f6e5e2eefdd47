//! One event in full.

use std::borrow::Cow;

use audit_auth::Permission;
use audit_query::{Entry, Extra};
use audit_web::{
    NotFound, RequestError,
    queries::{EventById, find_event},
};
use axum::{
    extract::{Path, rejection::PathRejection},
    response::Response,
};
use maud::{Markup, html};

use crate::{
    components::{
        events::{EventLinks, action, actor_type, chip, short},
        facts::{code, facts, jump},
        icon::{Icon, icon},
        length::length,
        notice,
        time::{Precision, exact, time},
    },
    context::PageContext,
    local_url::LocalUrl,
    page::Page,
    view::ViewContext,
};

/// How much of the fields without a column is shown. The JSON has all of them.
const MAX_BYTES: usize = 64 * 1024;

pub(crate) async fn show(
    context: PageContext,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    context.respond(page(&context, path.ok()).await)
}

async fn page(context: &PageContext, path: Option<Path<(String, String)>>) -> Result<Page, RequestError> {
    context.require(Permission::Read)?;
    context.params.require_only(&["tz"])?;
    let Path((domain, id)) = path.ok_or(NotFound::Event)?;
    let memory = context.state.reserve_memory(&context.caller).await?;
    let EventById { entry, others } = find_event(&context.state, &context.caller, &domain, &id).await?;
    let title = (context.view.texts.event.title)(&short(&entry.id.to_string()));
    let body = html! {
        @if !others.is_empty() { (shared_id(context.view, &entry, &others)) }
        (whole(context.view, &entry))
        @for other in &others { (same_id(context.view, other)) }
    };
    Ok(Page::new(title, body).holding(Some(memory)))
}

/// Says that several events have this id, with a link to all of them.
fn shared_id(view: ViewContext, entry: &Entry, others: &[Entry]) -> Markup {
    let texts = &view.texts.event;
    let all = LocalUrl::new("/search").and("domain", entry.domain).and("id", entry.id);
    let times = std::iter::once(entry).chain(others).map(|entry| entry.occurred_at);
    notice::info(html! {
        p { strong { (texts.shared_id) } " " (texts.shared_id_hint) }
        ul { @for at in times { li { (time(view, at, Precision::Micros)) } } }
        p { a href=(all) { (texts.to_shared_id) } }
    })
}

/// Another event with the same id.
fn same_id(view: ViewContext, entry: &Entry) -> Markup {
    let texts = &view.texts.event;
    html! {
        section.panel {
            h2 { (texts.same_id) ": " (action(view, entry)) }
            (everything(view, entry))
            @if let Some(json) = &entry.extra { (extra(view, json, MAX_BYTES)) }
        }
    }
}

fn whole(view: ViewContext, entry: &Entry) -> Markup {
    let (texts, columns) = (&view.texts.event, &view.texts.columns);
    let Rows { what, own, who, when, origin } = Rows::of(view, entry);
    let part = |title: &str, body: Markup| html! { section.panel { h2 { (title) } (body) } };
    let identity = [(columns.domain, chip(view, entry.domain)), (columns.action, code(&entry.action_type))];
    html! {
        div.head {
            div {
                p.lead { (chip(view, entry.domain)) }
                h1 { (action(view, entry)) }
                p.lead {
                    (time(view, entry.occurred_at, Precision::Millis)) " · " (actor_type(view, &entry.actor_type))
                }
            }
            (actions(view, entry))
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
                    (extra(view, json, MAX_BYTES))
                } @else {
                    p.hint { (texts.no_extra) }
                }
            }))
        }
    }
}

fn actions(view: ViewContext, entry: &Entry) -> Markup {
    let texts = &view.texts.event;
    let links = EventLinks::of(entry);
    html! {
        div.actions {
            @if let Some(id) = &entry.resource_id {
                a.btn.primary href=(links.timeline_of(id)) { (icon(Icon::Line)) (texts.to_timeline) }
            }
            @if let Some(trace) = &entry.trace_id { a.btn href=(links.of_trace(trace)) { (texts.to_trace) } }
            a.btn href={ "/api/v1/logs/" (entry.domain) "/" (entry.id) } { (texts.json) }
        }
    }
}

/// Every column of an event.
pub(crate) fn everything(view: ViewContext, entry: &Entry) -> Markup {
    let Rows { what, own, who, when, origin } = Rows::of(view, entry);
    facts(what.into_iter().chain(own).chain(who).chain(when).chain(origin))
}

type Row = (&'static str, Markup);

/// The columns of an event, in groups.
struct Rows {
    what: Vec<Row>,
    own: Vec<Row>,
    who: Vec<Row>,
    when: Vec<Row>,
    origin: Vec<Row>,
}

impl Rows {
    fn of(view: ViewContext, entry: &Entry) -> Self {
        let (texts, columns) = (&view.texts.event, &view.texts.columns);
        let links = EventLinks::of(entry);
        let muted = |words: &str| html! { span.muted { (words) } };
        let resource = match &entry.resource_id {
            Some(id) => html! { (code(id)) (jump(&links.timeline_of(id), texts.to_timeline)) },
            None => muted(texts.no_resource),
        };
        let actor = match entry.actor_id {
            Some(id) => html! { (code(id)) (jump(&links.by_actor(id), texts.to_actor)) },
            None => muted(texts.no_actor),
        };
        let trace = match &entry.trace_id {
            Some(trace) => html! { (code(trace)) (jump(&links.of_trace(trace), texts.to_trace)) },
            None => muted(view.texts.common.none),
        };
        let kind = html! { (actor_type(view, &entry.actor_type)) " " code.raw { (entry.actor_type) } };
        let own = entry.details.iter().map(|(name, value)| {
            let value = value.map_or_else(|| muted(view.texts.common.none), |value| html! { (value) });
            (columns.named(name), value)
        });
        Self {
            what: vec![(columns.resource_id, resource)],
            own: own.collect(),
            who: vec![(columns.actor_type, kind), (columns.actor_id, actor)],
            when: vec![
                (columns.occurred_at, exact(view, entry.occurred_at)),
                (columns.recorded_at, exact(view, entry.recorded_at)),
                (texts.lag, html! { (length(view, entry.recorded_at - entry.occurred_at)) }),
            ],
            origin: vec![
                (columns.id, code(entry.id)),
                (columns.seq, html! { code.id { (entry.seq) } }),
                (columns.trace_id, trace),
            ],
        }
    }
}

/// The fields without a column, up to a number of bytes.
pub(crate) fn extra(view: ViewContext, extra: &Extra, max: usize) -> Markup {
    let texts = &view.texts.event;
    let shown = match pretty(extra, max) {
        Some(pretty) => Cow::Owned(pretty),
        None => Cow::Borrowed(&extra.text()[..extra.text().floor_char_boundary(max)]),
    };
    html! {
        @if matches!(shown, Cow::Borrowed(text) if text.len() < extra.text().len()) { p.hint { (texts.cut) } }
        pre.json tabindex="0" role="group" aria-label=(texts.extra) { (shown) }
    }
}

/// JSON with a line for each value, unless it gets too long, as deeply nested JSON does.
fn pretty(extra: &Extra, max: usize) -> Option<String> {
    if extra.text().len() > max {
        return None;
    }
    let mut text = vec![0; max];
    let mut rest = &mut text[..];
    serde_json::to_writer_pretty(&mut rest, &extra.parse()?).ok()?;
    let left = rest.len();
    text.truncate(max - left);
    String::from_utf8(text).ok()
}
