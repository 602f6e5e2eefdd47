//! Dead letters: counts and list, one of them, and what can be done about them.

mod letter;
mod repair;

use audit_auth::Permission;
use audit_dead_letters::{Count, Overview, Summary};
use audit_web::{RequestError, dead_letters::selection};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use maud::{Markup, html};

use self::repair::{RepairLinks, outcome};
use crate::{
    components::{
        events::chip,
        layout::{blank, head, section},
        time::{Precision, time},
    },
    context::PageContext,
    error::error_notice,
    flash::Flash,
    local_url::LocalUrl,
    nav_item::NavItem,
    page::Page,
    texts::grouped,
    view::ViewContext,
};

pub(crate) use self::{
    letter::show as show_one,
    repair::{confirm_discard, confirm_replay, discard, replay},
};

/// How many letters are listed.
const LISTED: u16 = 100;

pub(crate) async fn show(context: PageContext) -> Response {
    if let Err(error) = context.require(Permission::Operate) {
        return context.respond(Err(error));
    }
    let found = find(&context).await;
    let texts = &context.view.texts.dead_letters;
    let body = html! {
        (head(texts.title, Some(texts.lead), None))
        (outcome(&context))
        @match &found {
            Ok(overview) if overview.total() == 0 => { (blank(texts.empty_title, html! { p { (texts.empty_body) } })) }
            Ok(overview) => {
                (counts(&context, overview))
                @if !overview.letters.is_empty() { (list(context.view, overview)) }
            }
            Err(error) => { (error_notice(context.view, error, &LocalUrl::new("/dead-letters"))) }
        }
    };
    let page = Page::new(texts.title, body).under(NavItem::DeadLetters);
    let response = context.respond(Ok(page.with_error(found.as_ref().err())));
    if context.flash.is_none() {
        return response;
    }
    (CookieJar::new().add(Flash::clear(&context.state)), response).into_response()
}

async fn find(context: &PageContext) -> Result<Overview, RequestError> {
    let params = &context.params;
    params.require_only(&["domain", "reason", "id", "tz"])?;
    let selection = selection(context.state.dead_letters(), params)?;
    context.state.dead_letter_overview(&context.caller, &selection, LISTED, params.query()).await
}

fn counts(context: &PageContext, overview: &Overview) -> Markup {
    let view = context.view;
    let texts = &view.texts.dead_letters;
    let is_part = ["domain", "reason", "id"].iter().any(|name| context.params.all(name).next().is_some());
    let more = html! {
        div.actions {
            @if is_part { a.btn href="/dead-letters" { (texts.show_all) } }
            a.btn href="/api/v1/dead-letters/export" download { (view.texts.common.export) }
            @if !is_part { (RepairLinks::of_all().buttons(view)) }
        }
    };
    section(
        "counts",
        (texts.n_letters)(overview.total()),
        Some(more),
        html! {
            table.cards {
                caption.vh { (texts.counts) }
                thead {
                    tr {
                        th scope="col" { (texts.domain) }
                        th scope="col" { (texts.reason) }
                        th.num scope="col" { (texts.replayed) }
                        th.num scope="col" { (texts.letters) }
                        th scope="col" { span.vh { (texts.actions) } }
                    }
                }
                tbody { @for count in &overview.counts { (count_row(view, count)) } }
            }
        },
    )
}

fn count_row(view: ViewContext, count: &Count) -> Markup {
    let texts = &view.texts.dead_letters;
    let only = LocalUrl::new("/dead-letters").and("domain", count.domain).and("reason", &count.reason);
    html! {
        tr {
            td data-label=(texts.domain) { (chip(view, count.domain)) }
            td data-label=(texts.reason) { a href=(only) { code { (count.reason) } } }
            td.num data-label=(texts.replayed) { (grouped(count.replayed)) }
            td.num data-label=(texts.letters) { (grouped(count.letters)) }
            td.end { div.actions { (RepairLinks::of_count(count).buttons(view)) } }
        }
    }
}

fn list(view: ViewContext, overview: &Overview) -> Markup {
    let texts = &view.texts.dead_letters;
    let left = overview.total().saturating_sub(overview.letters.len() as u64);
    let more = (left > 0).then(|| html! { span.muted { ((texts.more)(left)) } });
    let heads = [texts.time, texts.domain, texts.reason, texts.field];
    section(
        "letters",
        texts.list,
        more,
        html! {
            table.cards {
                caption.vh { (texts.list) }
                thead {
                    tr {
                        th scope="col" { (texts.id) }
                        @for head in heads { th scope="col" { (head) } }
                        th.num scope="col" { (texts.replays) }
                        th.num scope="col" { (texts.bytes) }
                    }
                }
                tbody { @for letter in &overview.letters { (row(view, letter)) } }
            }
        },
    )
}

fn row(view: ViewContext, letter: &Summary) -> Markup {
    let texts = &view.texts.dead_letters;
    let address = format!("/dead-letters/{}/{}", letter.domain, letter.id);
    html! {
        tr {
            td data-label=(texts.id) { a.id href=(address) { (letter.id) } }
            td.when data-label=(texts.time) {
                @match letter.time {
                    Some(at) => { (time(view, at, Precision::Seconds)) }
                    None => { span.muted { (texts.unknown) } }
                }
            }
            td data-label=(texts.domain) { (chip(view, letter.domain)) }
            td data-label=(texts.reason) { code { (letter.reason) } }
            td data-label=(texts.field) { (letter.field.as_deref().unwrap_or("–")) }
            td.num data-label=(texts.replays) { (letter.replays) }
            td.num data-label=(texts.bytes) { (grouped(letter.bytes as u64)) }
        }
    }
}
