//! Who has read what.

use audit_query::{Entry, Extra, Page as Found, Value};
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    address::Address,
    frame::Place,
    parts::{
        field::{self, Field},
        layout::{blank, head},
        notice,
        pager::pager,
        time::{Precision, time},
    },
    texts::grouped,
    trouble::Trouble,
    visit::{Look, Page, Visit},
};
use crate::{
    api::{PAGING, page_request},
    auth::Permission,
    read::Read,
};

pub(super) async fn show(visit: Visit) -> Response {
    if let Err(trouble) = visit.must(Permission::ReadAccessLog) {
        return visit.answer(Err(trouble));
    }
    let (found, room) = visit.in_room(find(&visit)).await;
    let status = found.as_ref().map_or_else(Trouble::status, |_| StatusCode::OK);
    let texts = &visit.look.texts.access_log;
    let body = html! {
        (head(texts.title, Some(texts.lead), None))
        (form(&visit, &found))
        @match &found {
            Ok(page) => { (reads(&visit, page)) }
            Err(trouble) => { (trouble.notice(visit.look, &visit.address())) }
        }
    };
    visit.answer(Ok(Page { status, room, ..Page::new(texts.title, Place::AccessLog, body) }))
}

async fn find(visit: &Visit) -> Result<Found, Trouble> {
    let accesses = visit.app.accesses();
    let filter = visit.filter(accesses, &PAGING)?;
    let page = accesses.search(&filter, &page_request(&visit.params)?).await?;
    visit.record(Read::facts("ACCESS_LOG", page.entries.len()).asked(visit.params.question())).await?;
    Ok(page)
}

fn form(visit: &Visit, found: &Result<Found, Trouble>) -> Markup {
    let look = visit.look;
    let (texts, common) = (&look.texts.access_log, &look.texts.common);
    let value = |name: &'static str| visit.params.all(name).next().unwrap_or_default();
    let trouble = found.as_ref().err();
    let time = |id, name, label| field::time(visit, trouble, id, name, label);
    let reader =
        Field { id: "a-who", label: texts.who, name: "reader", value: value("reader"), ..Field::default() };
    let kinds: Vec<_> = std::iter::once(("", common.any)).chain(texts.kinds()).collect();
    html! {
        form.panel.line-form action="/access-log" method="get" {
            (reader.show())
            (field::select("a-kind", texts.what, "action_type", &kinds, value("action_type")))
            (time("a-from", "from", common.from))
            (time("a-to", "to", common.to))
            (field::zone(look, "a-tz"))
            button.btn.primary { (common.apply) }
        }
    }
}

fn reads(visit: &Visit, page: &Found) -> Markup {
    let look = visit.look;
    let texts = &look.texts.access_log;
    let heads = [texts.when, texts.who, texts.from_where, texts.asked];
    html! {
        (notice::assumed(look, page.range, "#a-from"))
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
                    tbody { @for entry in &page.entries { (row(look, entry)) } }
                }
                div.bar {
                    (pager(look, &visit.address(), page.order, page.previous.as_ref(), page.next.as_ref()))
                }
            }
        }
    }
}

fn row(look: Look, entry: &Entry) -> Markup {
    let texts = &look.texts.access_log;
    let text = |name| entry.details.get(name).map(ToString::to_string).unwrap_or_default();
    let reader = text("reader");
    let rows = match entry.details.get("rows_read") {
        Some(Value::Integer(rows)) => u64::try_from(*rows).unwrap_or_default(),
        _ => 0,
    };
    html! {
        tr {
            td.when data-label=(texts.when) { (time(look, entry.occurred_at, Precision::Millis)) }
            td.actor data-label=(texts.who) {
                @if !reader.is_empty() {
                    a href=(Address::new("/access-log").and("reader", &reader)) { (reader) } " "
                }
                span.muted { (entry.actor_type) }
            }
            td data-label=(texts.from_where) { span.id { (text("address")) } }
            td.wide data-label=(texts.asked) {
                strong { (texts.kind(&entry.action_type).unwrap_or(&entry.action_type)) }
                @if let Some(Json::Object(question)) = entry.extra.as_ref().and_then(Extra::parse) {
                    @for (name, value) in &question {
                        " " span.pair { span.muted { (name) } " " span.id { (words(value)) } }
                    }
                } @else if let Some(id) = &entry.resource_id { " " span.id { (id) } }
            }
            td.num data-label=(texts.rows) { (grouped(rows)) }
        }
    }
}

/// What a parameter was given.
fn words(value: &Json) -> String {
    match value {
        Json::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(", "),
        Json::String(text) => text.clone(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name} {}", words(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
