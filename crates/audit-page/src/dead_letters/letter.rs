//! One dead letter in full.

use audit_auth::Permission;
use audit_dead_letters::DeadLetter;
use audit_web::{NotFound, RequestError};
use axum::{
    extract::{Path, rejection::PathRejection},
    response::Response,
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::repair::RepairLinks;
use crate::{
    components::{
        events::chip,
        facts::{code, facts},
        notice,
        time::exact,
    },
    context::PageContext,
    page::Page,
    texts::grouped,
    view::ViewContext,
};

/// How much of a body is shown.
const MAX_BYTES: usize = 16 * 1024;

pub(crate) async fn show(
    context: PageContext,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    context.respond(page(&context, path.ok()).await)
}

async fn page(context: &PageContext, path: Option<Path<(String, String)>>) -> Result<Page, RequestError> {
    context.require(Permission::Operate)?;
    context.params.require_only(&["tz"])?;
    let Path((domain, id)) = path.ok_or(NotFound::DeadLetter)?;
    let (letter, same) = context.state.dead_letter(&context.caller, &domain, &id).await?;
    let title = (context.view.texts.dead_letters.letter)(&letter.id.to_string());
    let body = whole(context.view, &title, &letter, same);
    Ok(Page::new(title, body))
}

fn whole(view: ViewContext, title: &str, letter: &DeadLetter, same: u64) -> Markup {
    let texts = &view.texts.dead_letters;
    html! {
        div.head {
            div {
                p.lead { (chip(view, letter.domain)) " " code { (letter.reason) } }
                h1 { (title) }
            }
            div.actions {
                (RepairLinks::of_letter(letter).buttons(view))
                a.btn href="/dead-letters" { (texts.back) }
            }
        }
        @if same > 1 { (notice::info(html! { p { ((texts.same)(same)) } })) }
        div.cols {
            section.panel { h2 { (texts.why) } (facts(why(view, letter))) }
            section.panel { h2 { (texts.origin) } (facts(origin(view, letter))) }
            section.panel {
                h2 { (texts.headers) }
                (preformatted(texts.headers, &format!("{:#}", Json::Object(letter.headers()))))
            }
            section.panel { h2 { (texts.body) } (content(view, letter)) }
        }
    }
}

fn why(view: ViewContext, letter: &DeadLetter) -> [(&'static str, Markup); 4] {
    let texts = &view.texts.dead_letters;
    let text = |text: &Option<String>| html! { (text.as_deref().unwrap_or(view.texts.common.none)) };
    let time = letter.time.map_or_else(|| html! { (texts.unknown) }, |at| exact(view, at));
    [
        (texts.reason, html! { code { (letter.reason) } }),
        (texts.field, text(&letter.field)),
        (texts.error, text(&letter.error)),
        (texts.time, time),
    ]
}

fn origin(view: ViewContext, letter: &DeadLetter) -> [(&'static str, Markup); 4] {
    let texts = &view.texts.dead_letters;
    [
        (texts.id, code(letter.id)),
        (texts.exchange, code(&letter.exchange)),
        (texts.routing_key, code(&letter.routing_key)),
        (texts.replays, html! { (letter.replays) }),
    ]
}

fn content(view: ViewContext, letter: &DeadLetter) -> Markup {
    let texts = &view.texts.dead_letters;
    let shown = &letter.body[..letter.body.len().min(MAX_BYTES)];
    html! {
        p.hint {
            ((texts.n_bytes)(&grouped(letter.body.len() as u64)))
            @if shown.len() < letter.body.len() { " " (texts.cut) }
        }
        (preformatted(texts.body, &String::from_utf8_lossy(shown)))
    }
}

fn preformatted(name: &str, text: &str) -> Markup {
    html! { pre.json tabindex="0" role="group" aria-label=(name) { (text) } }
}
