//! One dead letter in full.

use audit_dead_letters::DeadLetter;
use axum::{
    extract::{Path, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::repair::Ways;
use crate::{
    auth::Permission,
    dead_letters::Failure,
    page::{
        parts::{
            events::chip,
            facts::{code, facts},
            notice,
            time::exact,
        },
        texts::grouped,
        trouble::Trouble,
        visit::{Look, Page, Visit},
    },
};

/// So much of a body is shown.
const MOST_BYTES: usize = 16 * 1024;

pub(in crate::page) async fn show(
    visit: Visit,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    visit.answer(page(&visit, path.ok()).await)
}

async fn page(visit: &Visit, path: Option<Path<(String, String)>>) -> Result<Page, Trouble> {
    visit.must(Permission::Operate)?;
    visit.params.only(&["tz"])?;
    let Path((domain, id)) = path.ok_or(Failure::NoLetter)?;
    let (letter, same) = visit.app.dead_letter(&visit.asking, &domain, &id).await?;
    let title = (visit.look.texts.dead_letters.letter)(&letter.id.to_string());
    let body = whole(visit.look, &title, &letter, same);
    Ok(Page { status: StatusCode::OK, title, place: None, body, room: None })
}

fn whole(look: Look, title: &str, letter: &DeadLetter, same: u64) -> Markup {
    let texts = &look.texts.dead_letters;
    html! {
        div.head {
            div {
                p.lead { (chip(look, letter.domain)) " " code { (letter.reason) } }
                h1 { (title) }
            }
            div.actions {
                (Ways::of_letter(letter).buttons(look))
                a.btn href="/dead-letters" { (texts.back) }
            }
        }
        @if same > 1 { (notice::info(html! { p { ((texts.same)(same)) } })) }
        div.cols {
            section.panel { h2 { (texts.why) } (facts(why(look, letter))) }
            section.panel { h2 { (texts.origin) } (facts(origin(look, letter))) }
            section.panel {
                h2 { (texts.headers) }
                (preformatted(texts.headers, &format!("{:#}", Json::Object(letter.headers()))))
            }
            section.panel { h2 { (texts.body) } (content(look, letter)) }
        }
    }
}

fn why(look: Look, letter: &DeadLetter) -> [(&'static str, Markup); 4] {
    let texts = &look.texts.dead_letters;
    let text = |text: &Option<String>| html! { (text.as_deref().unwrap_or(look.texts.common.none)) };
    let time = letter.time.map_or_else(|| html! { (texts.unknown) }, |at| exact(look, at));
    [
        (texts.reason, html! { code { (letter.reason) } }),
        (texts.field, text(&letter.field)),
        (texts.error, text(&letter.error)),
        (texts.time, time),
    ]
}

fn origin(look: Look, letter: &DeadLetter) -> [(&'static str, Markup); 4] {
    let texts = &look.texts.dead_letters;
    [
        (texts.id, code(letter.id)),
        (texts.exchange, code(&letter.exchange)),
        (texts.routing_key, code(&letter.routing_key)),
        (texts.replays, html! { (letter.replays) }),
    ]
}

fn content(look: Look, letter: &DeadLetter) -> Markup {
    let texts = &look.texts.dead_letters;
    let shown = &letter.body[..letter.body.len().min(MOST_BYTES)];
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
