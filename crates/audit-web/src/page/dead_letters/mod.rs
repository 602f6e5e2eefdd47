//! Messages that could not be stored: counts and list, one of them, and what can be done about them.

mod letter;
mod repair;

use audit_dead_letters::{Count, Overview, Summary};
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use self::repair::{Ways, outcome};
pub(super) use self::{
    letter::show as show_one,
    repair::{confirm_discard, confirm_replay, discard, replay},
};
use super::{
    address::Address,
    flash::told,
    frame::Place,
    parts::{
        events::chip,
        layout::{blank, head, section},
        time::{Precision, time},
    },
    texts::grouped,
    trouble::Trouble,
    visit::{Look, Page, Visit},
};
use crate::{api::selected_letters, auth::Permission};

/// So many are listed.
const LISTED: u16 = 100;

pub(super) async fn show(visit: Visit) -> Response {
    if let Err(trouble) = visit.must(Permission::Operate) {
        return visit.answer(Err(trouble));
    }
    let found = find(&visit).await;
    let status = found.as_ref().map_or_else(Trouble::status, |_| StatusCode::OK);
    let texts = &visit.look.texts.dead_letters;
    let body = html! {
        (head(texts.title, Some(texts.lead), None))
        (outcome(&visit))
        @match &found {
            Ok(overview) if overview.total() == 0 => { (blank(texts.empty_title, html! { p { (texts.empty_body) } })) }
            Ok(overview) => {
                (counts(&visit, overview))
                @if !overview.letters.is_empty() { (list(visit.look, overview)) }
            }
            Err(trouble) => { (trouble.notice(visit.look, &Address::new("/dead-letters"))) }
        }
    };
    let response = visit.answer(Ok(Page { status, ..Page::new(texts.title, Place::DeadLetters, body) }));
    if visit.flash.is_some() { told(&visit.app, response) } else { response }
}

async fn find(visit: &Visit) -> Result<Overview, Trouble> {
    let params = &visit.params;
    params.only(&["domain", "reason", "id", "tz"])?;
    let selection = selected_letters(visit.app.dead_letters(), params)?;
    Ok(visit.app.dead_letter_overview(&visit.asking, &selection, LISTED, params.question()).await?)
}

fn counts(visit: &Visit, overview: &Overview) -> Markup {
    let look = visit.look;
    let texts = &look.texts.dead_letters;
    let is_part = ["domain", "reason", "id"].iter().any(|name| visit.params.all(name).next().is_some());
    let more = html! {
        div.actions {
            @if is_part { a.btn href="/dead-letters" { (texts.show_all) } }
            a.btn href="/api/v1/dead-letters/export" download { (look.texts.common.export) }
            @if !is_part { (Ways::of_all().buttons(look)) }
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
                tbody { @for count in &overview.counts { (count_row(look, count)) } }
            }
        },
    )
}

fn count_row(look: Look, count: &Count) -> Markup {
    let texts = &look.texts.dead_letters;
    let only = Address::new("/dead-letters").and("domain", count.domain).and("reason", &count.reason);
    html! {
        tr {
            td data-label=(texts.domain) { (chip(look, count.domain)) }
            td data-label=(texts.reason) { a href=(only) { code { (count.reason) } } }
            td.num data-label=(texts.replayed) { (grouped(count.replayed)) }
            td.num data-label=(texts.letters) { (grouped(count.letters)) }
            td.end { div.actions { (Ways::of_count(count).buttons(look)) } }
        }
    }
}

fn list(look: Look, overview: &Overview) -> Markup {
    let texts = &look.texts.dead_letters;
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
                tbody { @for letter in &overview.letters { (row(look, letter)) } }
            }
        },
    )
}

fn row(look: Look, letter: &Summary) -> Markup {
    let texts = &look.texts.dead_letters;
    let address = format!("/dead-letters/{}/{}", letter.domain, letter.id);
    html! {
        tr {
            td data-label=(texts.id) { a.id href=(address) { (letter.id) } }
            td.when data-label=(texts.time) {
                @match letter.time {
                    Some(at) => { (time(look, at, Precision::Seconds)) }
                    None => { span.muted { (texts.unknown) } }
                }
            }
            td data-label=(texts.domain) { (chip(look, letter.domain)) }
            td data-label=(texts.reason) { code { (letter.reason) } }
            td data-label=(texts.field) { (letter.field.as_deref().unwrap_or("–")) }
            td.num data-label=(texts.replays) { (letter.replays) }
            td.num data-label=(texts.bytes) { (grouped(letter.bytes as u64)) }
        }
    }
}
