//! The access log.

use audit_auth::Permission;
use audit_query::{AccessAction, Entry, Extra, Page as Found, Value};
use audit_web::{
    RequestError,
    queries::{PAGING, page_request},
};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    components::{
        field::{self, Field},
        layout::{blank, head},
        notice,
        pager::pager,
        time::{Precision, time},
    },
    context::PageContext,
    error::error_notice,
    local_url::LocalUrl,
    nav_item::NavItem,
    page::Page,
    texts::grouped,
    view::ViewContext,
};

pub(crate) async fn show(context: PageContext) -> Response {
    if let Err(error) = context.require(Permission::ReadAccessLog) {
        return context.respond(Err(error));
    }
    let (found, memory) = context.with_memory(find(&context)).await;
    let texts = &context.view.texts.access_log;
    let body = html! {
        (head(texts.title, Some(texts.lead), None))
        (form(&context, &found))
        @match &found {
            Ok(page) => { (accesses(&context, page)) }
            Err(error) => { (error_notice(context.view, error, &context.url())) }
        }
    };
    let page = Page::new(texts.title, body).under(NavItem::AccessLog).holding(memory);
    context.respond(Ok(page.with_error(found.as_ref().err())))
}

async fn find(context: &PageContext) -> Result<Found, RequestError> {
    let accesses = context.state.accesses();
    let filter = context.filter(accesses, &PAGING)?;
    context.release(accesses.search(&filter, &page_request(&context.params)?).await?).await
}

fn form(context: &PageContext, found: &Result<Found, RequestError>) -> Markup {
    let view = context.view;
    let (texts, common) = (&view.texts.access_log, &view.texts.common);
    let value = |name: &'static str| context.params.all(name).next().unwrap_or_default();
    let error = found.as_ref().err();
    let time = |id, name, label| context.time_field(error, id, name, label);
    let reader =
        Field { id: "a-who", label: texts.who, name: "reader", value: value("reader"), ..Field::default() };
    let kinds = AccessAction::ALL.into_iter().map(|action| (action.code(), texts.kind(action)));
    let kinds: Vec<_> = std::iter::once(("", common.any)).chain(kinds).collect();
    html! {
        form.panel.line-form action="/access-log" method="get" {
            (reader.show())
            (field::select("a-kind", texts.what, "action_type", &kinds, value("action_type")))
            (time("a-from", "from", common.from))
            (time("a-to", "to", common.to))
            (field::zone(view, "a-tz"))
            button.btn.primary { (common.apply) }
        }
    }
}

fn accesses(context: &PageContext, page: &Found) -> Markup {
    let view = context.view;
    let texts = &view.texts.access_log;
    let heads = [texts.when, texts.who, texts.from_where, texts.asked];
    html! {
        (notice::assumed(view, page.range, "#a-from"))
        @if page.entries.is_empty() {
            (blank(texts.empty_title, html! {}))
        } @else {
            section.panel aria-labelledby="reads" {
                h2.vh #reads { (texts.caption) }
                table.cards {
                    caption.vh { (texts.caption) }
                    thead {
                        tr {
                            @for head in heads { th scope="col" { (head) } }
                            th.num scope="col" { (texts.rows) }
                        }
                    }
                    tbody { @for entry in &page.entries { (row(view, entry)) } }
                }
                div.bar {
                    (pager(view, &context.url(), page.order, page.previous.as_ref(), page.next.as_ref()))
                }
            }
        }
    }
}

fn row(view: ViewContext, entry: &Entry) -> Markup {
    let texts = &view.texts.access_log;
    let text = |name| entry.details.get(name).map(ToString::to_string).unwrap_or_default();
    let reader = text("reader");
    let kind = AccessAction::from_code(&entry.action_type).map(|action| texts.kind(action));
    let rows = match entry.details.get("rows_read") {
        Some(Value::Integer(rows)) => u64::try_from(*rows).unwrap_or_default(),
        _ => 0,
    };
    html! {
        tr {
            td.when data-label=(texts.when) { (time(view, entry.occurred_at, Precision::Millis)) }
            td.actor data-label=(texts.who) {
                @if !reader.is_empty() {
                    a href=(LocalUrl::new("/access-log").and("reader", &reader)) { (reader) } " "
                }
                span.muted { (entry.actor_type) }
            }
            td data-label=(texts.from_where) { span.id { (text("address")) } }
            td.wide data-label=(texts.asked) {
                strong { (kind.unwrap_or(&entry.action_type)) }
                @if let Some(Json::Object(query)) = entry.extra.as_ref().and_then(Extra::parse) {
                    @for (name, value) in &query {
                        " " span.pair { span.muted { (name) } " " span.id { (shown(value)) } }
                    }
                } @else if let Some(id) = &entry.resource_id { " " span.id { (id) } }
            }
            td.num data-label=(texts.rows) { (grouped(rows)) }
        }
    }
}

/// The value of a parameter.
fn shown(value: &Json) -> String {
    match value {
        Json::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        Json::String(text) => text.clone(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name} {}", shown(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
